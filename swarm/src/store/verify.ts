// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { ManifestParts } from '../manifest/dag.ts'
import { leafCount, leafLength, leafOffset, longestLeaf } from '../manifest/layout.ts'
import { leafDigest } from '../manifest/manifest.ts'
import { readFully, writeFully } from './durable.ts'
import { ChunkMissingError } from './errors.ts'

/** Whether these bytes are that leaf of the manifest. */
export function isChunk(manifest: ManifestParts, index: number, bytes: Uint8Array): boolean {
  return (
    bytes.length === leafLength(manifest, index) &&
    hash('sha256', bytes, 'buffer').equals(leafDigest(manifest, index))
  )
}

/** Reads and hashes these chunks of the file. @returns those whose bytes are not what the manifest says */
export async function wrongChunks(
  file: FileHandle,
  manifest: ManifestParts,
  indexes: Iterable<number>,
  signal?: AbortSignal,
): Promise<number[]> {
  const buffer = Buffer.allocUnsafe(longestLeaf(manifest))
  const wrong: number[] = []
  for (const index of indexes) {
    signal?.throwIfAborted()
    const chunk = buffer.subarray(0, leafLength(manifest, index))
    const length = await readFully(file, chunk, leafOffset(manifest, index))
    if (length !== chunk.length || !isChunk(manifest, index, chunk)) wrong.push(index)
  }
  return wrong
}

/**
 * Writes every chunk again that can be read, for a sync that failed may have left it in the cache of the kernel alone.
 * @throws ChunkMissingError when one is wrong by now; NoSpaceError
 */
export async function rewrite(file: FileHandle, manifest: ManifestParts, path: string): Promise<void> {
  const buffer = Buffer.allocUnsafe(longestLeaf(manifest))
  for (let index = 0; index < leafCount(manifest); index++) {
    const chunk = buffer.subarray(0, leafLength(manifest, index))
    const length = await readFully(file, chunk, leafOffset(manifest, index))
    if (length !== chunk.length || !isChunk(manifest, index, chunk)) {
      throw new ChunkMissingError(`The disk has lost chunk ${index} of ${path}`)
    }
    await writeFully(file, chunk, leafOffset(manifest, index), path)
  }
}
