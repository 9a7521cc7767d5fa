// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { CHUNK_SIZES, chunkCount, chunkLength } from '../manifest/chunking.ts'
import { DIGEST_BYTES } from '../manifest/digest.ts'
import { manifestOf } from '../manifest/manifest.ts'
import type { Manifest } from '../manifest/types.ts'
import { readFully } from './durable.ts'
import type { ArtifactState } from './state-file.ts'

/**
 * Makes the manifest anew from a whole file in chunks of one size, so that a seeder whose manifest was damaged need not
 * read the origin again. Undefined when the file is not whole: then peers have to send the manifest.
 */
export async function rebuildManifest(data: FileHandle, state: ArtifactState): Promise<Manifest | undefined> {
  const { size } = await data.stat()
  for (const chunkSize of CHUNK_SIZES) {
    const chunks = chunkCount(size, chunkSize)
    // What the state says must fit, so that a part of a file is not hashed in vain.
    if (state.bitmap.length !== Math.ceil(chunks / 8) || countOf(state.bitmap) !== chunks) continue
    const manifest = manifestOf({ size, chunkSize, digests: await digestsOf(data, size, chunkSize) })
    if (manifest.cid === state.cid) return manifest
  }
  return undefined
}

async function digestsOf(data: FileHandle, size: number, chunkSize: number): Promise<Uint8Array> {
  const digests = new Uint8Array(chunkCount(size, chunkSize) * DIGEST_BYTES)
  const buffer = Buffer.allocUnsafe(chunkSize)
  for (let index = 0; index * DIGEST_BYTES < digests.length; index++) {
    const chunk = buffer.subarray(0, chunkLength(size, chunkSize, index))
    await readFully(data, chunk, index * chunkSize)
    digests.set(hash('sha256', chunk, 'buffer'), index * DIGEST_BYTES)
  }
  return digests
}

function countOf(bitmap: Uint8Array): number {
  let count = 0
  for (const byte of bitmap) for (let bits = byte; bits !== 0; bits &= bits - 1) count++
  return count
}
