// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkingOf } from './chunking.ts'
import { DIGEST_BYTES } from './digest.ts'
import { endsOf } from './leaves.ts'
import { InvalidManifestError, manifestOf } from './manifest.ts'
import type { Chunking, Manifest } from './types.ts'

/** Collects leaf digests in file order. */
export interface ManifestBuilder {
  /** Leaves pushed so far. */
  readonly leaves: number
  /** @param length bytes of the leaf: needed where the content decides */
  push(digest: Uint8Array, length?: number): void
  /**
   * @param size bytes of the whole file, where it was not known at the start
   * @throws InvalidManifestError when there are too few or too many leaves for the size
   */
  finish(size?: number): Manifest
}

/** For streaming imports: the size may stay unknown (undefined) until `finish`. */
export function createManifestBuilder(
  size: number | undefined,
  chunking: number | Chunking,
): ManifestBuilder {
  const { strategy, size: chunkSize } = chunkingOf(chunking)
  const lengths: number[] = []
  const digests: Uint8Array[] = []
  return {
    get leaves() {
      return digests.length
    },
    push(digest, length = 0) {
      if (digest.length !== DIGEST_BYTES) {
        throw new InvalidManifestError(`A leaf digest has ${DIGEST_BYTES} bytes, not ${digest.length}`)
      }
      digests.push(digest)
      lengths.push(length)
    },
    finish(actual = size) {
      if (actual === undefined) throw new InvalidManifestError('The size of the file is not known')
      const parts = { size: actual, chunkSize, digests: Buffer.concat(digests) }
      return manifestOf(strategy === 'Fixed' ? parts : { ...parts, ends: endsOf(lengths) })
    },
  }
}
