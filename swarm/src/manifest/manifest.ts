// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mostChunkBytes } from './chunking.ts'
import { dagOf, type ManifestParts } from './dag.ts'
import { DIGEST_BYTES } from './digest.ts'
import { leafCount, leafLength } from './layout.ts'
import type { Manifest } from './types.ts'

/** Sizes and digests that do not fit together, or bytes that are no manifest. */
export class InvalidManifestError extends Error {
  override name = 'InvalidManifestError'
}

/**
 * The manifest of these leaves, with the root CID computed from them. Whoever gets leaf digests from a peer compares
 * that CID with the one the tracker named, and nothing else need be believed.
 * @throws InvalidManifestError when the number of digests is not the one that the sizes ask for
 */
export function manifestOf(parts: ManifestParts): Manifest {
  const { size, chunkSize, ends, digests } = parts
  checkSizes(size, chunkSize)
  const expected = leafCount(parts) * DIGEST_BYTES
  if (digests.length !== expected) {
    throw new InvalidManifestError(
      `A file of ${size} bytes in chunks of ${chunkSize} has ${expected} bytes of digests, not ${digests.length}`,
    )
  }
  if (ends !== undefined) checkEnds(parts, ends)
  const cid = dagOf(parts).root.toString()
  return ends === undefined ? { size, chunkSize, digests, cid } : { size, chunkSize, ends, digests, cid }
}

/** The digest of leaf `index`, without a copy. */
export function leafDigest(manifest: ManifestParts, index: number): Uint8Array {
  return manifest.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
}

/** Leaves stand one after the other up to the end of the file; none is empty but that of an empty file. */
function checkEnds(layout: ManifestParts, ends: Float64Array): void {
  const most = mostChunkBytes(layout.chunkSize)
  const wrong = ends.findIndex((_, index) => {
    const length = leafLength(layout, index)
    return !(length > 0 || (layout.size === 0 && ends.length === 1)) || length > most
  })
  if (wrong !== -1) {
    throw new InvalidManifestError(`Leaf ${wrong} cannot have ${leafLength(layout, wrong)} bytes`)
  }
  if (ends.at(-1) !== layout.size) {
    throw new InvalidManifestError(`The leaves end at ${ends.at(-1)} and the file at ${layout.size}`)
  }
}

function checkSizes(size: number, chunkSize: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new InvalidManifestError(`${size} is no file size`)
  }
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
    throw new InvalidManifestError(`${chunkSize} is no chunk size`)
  }
}
