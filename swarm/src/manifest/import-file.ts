// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createManifestBuilder } from './builder.ts'
import { chooseChunkSize, chunkLength } from './chunking.ts'
import type { Manifest } from './types.ts'

/** A file changed its length while it was read. */
export class FileChangedError extends Error {
  override name = 'FileChangedError'
}

export interface ImportedFile {
  readonly manifest: Manifest
  /** SHA-256 of the whole file, hex. */
  readonly sha256: string
}

/**
 * Reads a file once and computes its manifest and its SHA-256.
 * @param chunkSize bytes; undefined: chosen by the size of the file
 * @throws FileChangedError
 */
export async function importFile(
  path: string,
  chunkSize?: number,
  signal?: AbortSignal,
): Promise<ImportedFile> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const step = chunkSize ?? chooseChunkSize(size)
  const builder = createManifestBuilder(size, step)
  const whole = createHash('sha256')
  const buffer = Buffer.allocUnsafe(step)
  for (let offset = 0, index = 0; index === 0 || offset < size; offset += step, index++) {
    signal?.throwIfAborted()
    const length = chunkLength(size, step, index)
    const chunk = buffer.subarray(0, length)
    const { bytesRead } = await file.read(chunk, 0, length, offset)
    if (bytesRead !== length) throw new FileChangedError(`${path} became shorter while it was read`)
    whole.update(chunk)
    builder.push(hash('sha256', chunk, 'buffer'))
  }
  return { manifest: builder.finish(), sha256: whole.digest('hex') }
}
