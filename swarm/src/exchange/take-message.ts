// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/index.ts'
import { RefusedError } from './errors.ts'
import type { ManifestFetch } from './manifest-fetch.ts'
import type { ManifestGrowth } from './manifest-growth.ts'
import { manifestPart } from './manifest-transfer.ts'
import { type Message, ProtocolViolationError, type Range } from './messages.ts'
import type { PeerSet } from './peer-set.ts'
import type { Session } from './session.ts'
import type { Transfer } from './transfer.ts'

interface SwarmParts {
  readonly artifact: StoredArtifact
  /** Undefined before the manifest is known. */
  readonly transfer: Transfer | undefined
  readonly manifest: ManifestFetch
  readonly growth: ManifestGrowth
  readonly peers: PeerSet
  /** Looks whether this chunk is wrong here, as a peer says. */
  readonly accuse: (chunk: number) => void
}

type TransferMessage = Exclude<
  Message,
  {
    type:
      | 'close'
      | 'wantManifest'
      | 'manifest'
      | 'signer'
      | 'part'
      | 'grows'
      | 'wantParts'
      | 'hello'
      | 'have'
      | 'arrived'
      | 'wrong'
      | 'leaves'
  }
>

/** Hands a message of a greeted peer to the part it is for. @throws ProtocolViolationError */
export function takeMessage(parts: SwarmParts, session: Session, message: Message): void {
  switch (message.type) {
    case 'close':
      parts.peers.noteRefusal(session.peerId, new RefusedError(message.reason, message.message, true))
      void session.link.close()
      return
    case 'wantManifest':
      sendManifest(parts, session, message.first)
      return
    case 'manifest':
      parts.manifest.take(session, message)
      return
    case 'hello':
      throw new ProtocolViolationError('a second HELLO')
    case 'have':
      takeHave(parts, session, message.ranges)
      return
    case 'signer':
      parts.growth.takeSigner(session, message.membership)
      return
    case 'part':
      parts.growth.takePart(session, message.part)
      return
    case 'grows':
      takeGrows(parts, session, message.dealing)
      return
    case 'wantParts':
      parts.growth.answer(session, message.ranges)
      return
    case 'leaves':
      parts.growth.takeLeaves(session, message)
      return
    case 'wrong':
      parts.accuse(message.chunk)
      return
    case 'arrived':
      parts.transfer?.arrived(session, message.chunk)
      return
    default:
      takeTransferMessage(parts, session, message)
  }
}

function sendManifest({ artifact, transfer }: SwarmParts, session: Session, first: number): void {
  if (artifact.manifest !== undefined && transfer !== undefined) {
    session.link.send(manifestPart(artifact.manifest, first))
  }
}

function takeHave(
  { transfer, manifest, growth }: SwarmParts,
  session: Session,
  ranges: readonly Range[],
): void {
  manifest.next()
  if (transfer === undefined) {
    return
  }
  if (!transfer.has(session)) {
    // The first word of a peer that has just got the manifest.
    transfer.join(session)
    return
  }
  growth.fetch.announced(ranges)
  for (const [first, count] of ranges) {
    transfer.feed({ type: 'have', peer: session.peerId, first, count })
  }
}

function takeGrows({ transfer, growth }: SwarmParts, session: Session, dealing: boolean): void {
  session.growing = true
  session.dealing = dealing
  growth.joined(session)
  transfer?.join(session)
}

function takeTransferMessage({ transfer }: SwarmParts, session: Session, message: TransferMessage): void {
  if (transfer !== undefined) {
    if (message.type === 'busy' || message.type === 'notFound') {
      session.asked.answered(message.chunk)
    }
    transfer.feed({ ...message, peer: session.peerId })
  } else if (message.type === 'invite') {
    // No manifest yet: the HAVE that follows it makes this node welcome again.
    session.link.send({ type: 'pass', reason: 'full' })
  }
}
