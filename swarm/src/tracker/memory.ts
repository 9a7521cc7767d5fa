// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile } from 'node:fs/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { swarmKey } from '../manifest/swarm-id.ts'
import type { RevokedNodes } from '../membership/revoked-nodes.ts'
import {
  type DesiredState,
  DesiredStateSchema,
  type Peer,
  type Peers,
  PeersSchema,
  RevokedSchema,
} from '../proto/tracker_pb.ts'
import { replaceDurably } from '../store/durable.ts'
import { revokedMessage, revokedNodes } from './revoked.ts'

/** What an agent knows of its tracker, so that it goes on with its work while the tracker is away. */
export interface TrackerMemory {
  /** The highest lease epoch seen. */
  epoch: number
  site: string
  /** Empty before the first welcome. */
  membership: Uint8Array
  desired: DesiredState | undefined
  /** By swarm ID in hex. */
  peers: Map<string, Peer[]>
  revoked: RevokedNodes
}

interface MemoryFile {
  trackers: readonly string[]
  epoch: number
  site: string
  membership: string
  desired?: string
  peers: string[]
  revoked?: string
}

/**
 * Reads what was kept of this tracker; a file that is missing or unreadable is an empty memory: the tracker tells
 * everything again. So is that of another tracker: after a new installation its epochs begin anew, and its word is void.
 */
export async function readMemory(file: string, trackerPeerIds: readonly string[]): Promise<TrackerMemory> {
  try {
    const kept: MemoryFile = JSON.parse(await readFile(file, 'utf8'))
    if (!kept.trackers.some((one) => trackerPeerIds.includes(one)))
      throw new TypeError('kept of another tracker')
    return parse(kept)
  } catch {
    const [peers, revoked] = [new Map(), new Map()]
    return { epoch: 0, site: '', membership: new Uint8Array(), desired: undefined, peers, revoked }
  }
}

/** After a crash the file holds the old memory or the new one. @throws NoSpaceError */
export async function writeMemory(
  file: string,
  trackerPeerIds: readonly string[],
  memory: TrackerMemory,
): Promise<void> {
  const kept: MemoryFile = {
    trackers: trackerPeerIds,
    epoch: memory.epoch,
    site: memory.site,
    membership: base64(memory.membership),
    peers: [...memory.peers].map(([key, peers]) => base64(toBinary(PeersSchema, peersMessage(key, peers)))),
    revoked: base64(toBinary(RevokedSchema, revokedMessage(memory.revoked))),
    ...(memory.desired && { desired: base64(toBinary(DesiredStateSchema, withoutSecrets(memory.desired))) }),
  }
  await replaceDurably(file, Buffer.from(JSON.stringify(kept)))
}

/** Nobody may read an origin while the tracker is away; it tells them again. */
function withoutSecrets(desired: DesiredState): DesiredState {
  const artifacts = desired.artifacts.map(({ origin, ...artifact }) => ({
    ...artifact,
    ...(origin && { origin: { ...origin, sources: origin.sources.map((one) => ({ ...one, headers: {} })) } }),
  }))
  return { ...desired, artifacts }
}

function parse(kept: MemoryFile): TrackerMemory {
  const peers = kept.peers.map((text) => fromBinary(PeersSchema, Buffer.from(text, 'base64')))
  return {
    epoch: kept.epoch,
    site: kept.site,
    membership: Buffer.from(kept.membership, 'base64'),
    desired:
      (kept.desired && fromBinary(DesiredStateSchema, Buffer.from(kept.desired, 'base64'))) || undefined,
    peers: new Map(peers.map((message) => [swarmKey(message.swarmId), message.peers])),
    revoked: revokedNodes(fromBinary(RevokedSchema, Buffer.from(kept.revoked ?? '', 'base64'))),
  }
}

const peersMessage = (key: string, peers: Peer[]): Peers =>
  create(PeersSchema, { swarmId: Buffer.from(key, 'hex'), peers })

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
