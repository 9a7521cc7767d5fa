// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  chunkCount,
  decodePart,
  encodePart,
  type GrowingManifest,
  InvalidManifestError,
  isSigned,
  type ManifestPart,
  type ManifestParts,
  type SignedPart,
} from '../manifest/index.ts'
import { leavesPerPart, mostChunks, ProtocolViolationError } from './messages.ts'
import type { PartSigner } from './part-signer.ts'
import { rangesOf } from './ranges.ts'
import type { Session } from './session.ts'

const digestBytes = 32
/** Complete blocks of so many leaves are stated once more in one part, which takes the place of many. */
const blockLeaves = 64
const mostChunkBytes = 16 * 1024 * 1024

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

/** What these leaves are, in as few parts as frames allow. */
export function statementsAbout(
  leaves: readonly number[],
  { size, chunkSize, digests }: ManifestParts,
  generation: number,
): ManifestPart[] {
  const parts: ManifestPart[] = []
  for (const [start, count] of rangesOf(leaves)) {
    for (let first = start; first < start + count; first += leavesPerPart) {
      const end = Math.min(first + leavesPerPart, start + count)
      const some = digests.slice(first * digestBytes, end * digestBytes)
      parts.push({ generation, size, chunkSize, first, digests: some })
    }
  }
  return parts
}

/** All leaves of the blocks that these have made complete. */
export function completedBlocks(leaves: readonly number[], growing: GrowingManifest | undefined): number[] {
  const blocks = new Set(leaves.map((leaf) => leaf - (leaf % blockLeaves)))
  return [...blocks].flatMap((first) => {
    const block = Array.from({ length: blockLeaves }, (_, i) => first + i)
    return growing !== undefined && block.every((leaf) => growing.isKnown(leaf)) ? block : []
  })
}
