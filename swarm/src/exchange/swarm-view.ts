// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/index.ts'
import { ManifestMismatchError } from './errors.ts'
import type { Range } from './messages.ts'
import type { PeerSet } from './peer-set.ts'
import { isIn, rangesOf } from './ranges.ts'
import type { RateMeter } from './rate-meter.ts'
import type { Session } from './session.ts'
import type { Transfer } from './transfer.ts'
import type { SwarmPeerView, SwarmStatistics } from './types.ts'

interface SwarmParts {
  readonly artifact: StoredArtifact
  readonly peers: PeerSet
  readonly transfer: Transfer | undefined
  readonly up: RateMeter
  readonly down: RateMeter
  readonly suspended: boolean
  readonly now: number
}

export function statisticsOf(parts: SwarmParts): SwarmStatistics {
  const { artifact, peers, transfer, up, down, suspended, now } = parts
  const neighbours = [...(transfer?.policy.neighbours.values() ?? [])]
  const { apart = false, answers = false } = transfer?.policy.sites ?? {}
  // What another site has is out of reach where chunks stay in theirs.
  const isOpen = ({ across }: { across: boolean }): boolean => !across || !apart || answers
  return {
    peers: peers.sessions.size,
    usefulPeers: neighbours.filter((one) => (one.offers > 0 || one.dealing) && isOpen(one)).length,
    rateDown: down.rate(now),
    rateUp: up.rate(now),
    bytesDown: down.total,
    bytesUp: up.total,
    bytesAcross: transfer?.downloads.bytesAcross ?? 0,
    chunksRefused: artifact.counters.chunksRefused,
    chunksDuplicate: transfer?.downloads.duplicates ?? 0,
    chunksToSend: neighbours.reduce((sum, neighbour) => sum + neighbour.sending.size, 0),
    chunksInFlight: transfer?.policy.inFlight.size ?? 0,
    chunksVerifying: transfer?.policy.verifying.size ?? 0,
    suspended,
    dealing: transfer?.policy.dealing ?? false,
    lastRefusal: peers.lastRefusal,
  }
}

export function peersOf(peers: PeerSet, transfer: Transfer | undefined): SwarmPeerView[] {
  return [...peers.sessions.values()].map(({ peerId, membership, bytesDown }) => ({
    peerId,
    bytesDown,
    node: membership.node,
    role: membership.roles[0] ?? '',
    chunks: transfer?.policy.neighbours.get(peerId)?.hasCount ?? 0,
  }))
}

/** Chunks that neither this node has nor a peer that counts and that it is connected to. */
export function absentIn(
  { chunks, has }: Pick<StoredArtifact, 'chunks' | 'has'>,
  peers: PeerSet,
  counts: (session: Session) => boolean,
): Range[] {
  const announced = [...peers.sessions.values()].filter(counts).map((session) => session.announced)
  const isThere = (chunk: number): boolean => has(chunk) || announced.some((bitmap) => isIn(bitmap, chunk))
  return rangesOf([...Array(chunks).keys()].filter((chunk) => !isThere(chunk)))
}

/** @throws ManifestMismatchError when what is on disk is another artifact than the one of this root CID */
export function checkCid(artifact: StoredArtifact, cid: string | undefined): void {
  const held = artifact.manifest?.cid
  if (cid !== undefined && cid !== '' && held !== undefined && held !== cid) {
    throw new ManifestMismatchError(`${artifact.key} on disk is ${held}, not ${cid}`)
  }
}
