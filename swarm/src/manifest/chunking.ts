// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Chunking, ChunkStrategy } from './types.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Sizes that a PatchArtifact may ask for. */
export const CHUNK_SIZES: readonly number[] = [256 * KIB, 512 * KIB, MIB, 2 * MIB, 4 * MIB]

/** Up to here a file is cut small: small chunks spread faster than anything else does (POLICY). */
const SMALL_FILE = 512 * MIB

/**
 * Chunk size in bytes for an artifact whose spec names none; `size` is undefined when the origin gives no length. It does
 * not depend on the size where the content decides: the next version must be cut by the same measure.
 */
export function chooseChunkSize(size: number | undefined, strategy: ChunkStrategy = 'Fixed'): number {
  const small = size !== undefined && size <= SMALL_FILE
  return small || strategy === 'ContentDefined' ? 256 * KIB : MIB
}

/** A number stands for chunks that all have so many bytes. */
export function chunkingOf(chunking: number | Chunking): Chunking {
  return typeof chunking === 'number' ? { strategy: 'Fixed', size: chunking } : chunking
}

/** Number of leaves: an empty file has one, empty leaf. */
export function chunkCount(size: number, chunkSize: number): number {
  return Math.max(1, Math.ceil(size / chunkSize))
}

/** Bytes of leaf `index`. */
export function chunkLength(size: number, chunkSize: number, index: number): number {
  return Math.min(chunkSize, size - index * chunkSize)
}

/** Bytes of the longest chunk that content can decide on, for chunks of `average` bytes. */
export function mostChunkBytes(average: number): number {
  return 4 * average
}
