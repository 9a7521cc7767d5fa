// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  chunkCount,
  decodePart,
  encodePart,
  InvalidManifestError,
  isSigned,
  type ManifestPart,
  type ManifestParts,
  type SignedPart,
  signPart,
} from '../manifest/index.ts'
import { type Membership, MembershipError } from '../membership/index.ts'
import { leavesPerPart, mostChunks, ProtocolViolationError } from './messages.ts'
import { rangesOf } from './ranges.ts'
import type { Session } from './session.ts'

const digestBytes = 32
const mostChunkBytes = 16 * 1024 * 1024
/** Why a membership that was right when its bearer signed is not taken now: no fault of who passes it on. */
const outdated: readonly string[] = ['Expired', 'NotYetValid', 'Revoked']

/** Who speaks for the seeders: what is passed on counts only with their signature. */
export interface PartSigner {
  readonly peerId: string
  readonly membership: Uint8Array
}

/** SIGNER. @returns undefined when nothing that it signed is to be taken any more @throws ProtocolViolationError */
export function readSigner(
  membership: Uint8Array,
  verify: (membership: Uint8Array) => Membership,
): PartSigner | undefined {
  try {
    const { peerId, roles } = verify(membership)
    if (!roles.includes('seeder')) {
      throw new ProtocolViolationError(`${peerId} is no seeder and may not say what a file is`)
    }
    return { peerId, membership }
  } catch (error) {
    if (error instanceof MembershipError && outdated.includes(error.reason)) {
      return
    }
    if (error instanceof MembershipError) {
      throw new ProtocolViolationError(`a signer that is no member: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** PART. @throws ProtocolViolationError when its signer has not said that */
export function readPart(swarmId: Uint8Array, bytes: Uint8Array, signer: PartSigner): SignedPart {
  const part = decode(bytes, signer)
  if (chunkCount(part.size, part.chunkSize) > mostChunks || part.chunkSize > mostChunkBytes) {
    throw new ProtocolViolationError(`a file of ${part.size} bytes in chunks of ${part.chunkSize}`)
  }
  if (!isSigned(swarmId, part)) {
    throw new ProtocolViolationError(`a part that ${signer.peerId} has not signed`)
  }
  return part
}

function decode(bytes: Uint8Array, { peerId }: PartSigner): SignedPart {
  try {
    return decodePart(bytes, peerId)
  } catch (error) {
    if (error instanceof InvalidManifestError) {
      throw new ProtocolViolationError(error.message, { cause: error })
    }
    throw error
  }
}

/** Sends parts of one signer; who that is goes before them, unless the peer was told last. */
export function sendParts(session: Session, signer: PartSigner, parts: readonly SignedPart[]): void {
  if (parts.length > 0 && session.toldSigner !== signer.peerId) {
    session.toldSigner = signer.peerId
    session.link.send({ type: 'signer', membership: signer.membership })
  }
  for (const part of parts) {
    session.link.send({ type: 'part', part: encodePart(part) })
  }
}

/** States these leaves in as few parts as frames allow. */
export function statementsAbout(
  leaves: readonly number[],
  { size, chunkSize, digests }: ManifestParts,
  sign: (part: ManifestPart) => SignedPart,
  generation: number,
): SignedPart[] {
  const parts: SignedPart[] = []
  for (const [start, count] of rangesOf(leaves)) {
    for (let first = start; first < start + count; first += leavesPerPart) {
      const end = Math.min(first + leavesPerPart, start + count)
      const some = digests.slice(first * digestBytes, end * digestBytes)
      parts.push(sign({ generation, size, chunkSize, first, digests: some }))
    }
  }
  return parts
}

export { signPart }
