// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkCount } from './chunking.ts'
import { dagOf, type ManifestParts } from './dag.ts'
import { DIGEST_BYTES } from './digest.ts'
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
export function manifestOf({ size, chunkSize, digests }: ManifestParts): Manifest {
  checkSizes(size, chunkSize)
  const expected = chunkCount(size, chunkSize) * DIGEST_BYTES
  if (digests.length !== expected) {
    throw new InvalidManifestError(
      `A file of ${size} bytes in chunks of ${chunkSize} has ${expected} bytes of digests, not ${digests.length}`,
    )
  }
  return { size, chunkSize, digests, cid: dagOf({ size, chunkSize, digests }).root.toString() }
}

/** The digest of leaf `index`, without a copy. */
export function leafDigest(manifest: ManifestParts, index: number): Uint8Array {
  return manifest.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
}

function checkSizes(size: number, chunkSize: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new InvalidManifestError(`${size} is no file size`)
  }
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
    throw new InvalidManifestError(`${chunkSize} is no chunk size`)
  }
}
