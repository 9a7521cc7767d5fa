// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { ManifestParts } from '../manifest/dag.ts'
import { leafLength, leafOffset, longestLeaf } from '../manifest/layout.ts'
import { leafDigest } from '../manifest/manifest.ts'
import { readFully } from './durable.ts'

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
