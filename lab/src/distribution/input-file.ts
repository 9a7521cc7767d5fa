// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** The file to distribute. */
export interface InputFile {
  path: string
  /** Its name on the nodes. */
  fileName: string
  size: number
  sha256: string
}

/**
 * A real file of about 120 MB that is always there: the Node executable that came with the dependencies.
 */
export function defaultInput(): { path: string; fileName: string } {
  return { path: process.execPath, fileName: `node-${process.version}-${process.platform}-${process.arch}` }
}

/** Measures and hashes a file. */
export async function describeFile(path: string, fileName = basename(path)): Promise<InputFile> {
  const { size } = await stat(path)
  return { path, fileName, size, sha256: await sha256Of(path) }
}

/** Writes a new file of random bytes, which nothing can compress or already hold. */
export async function randomFile(directory: string, bytes: number): Promise<InputFile> {
  const path = join(directory, 'random.bin')
  const hash = createHash('sha256')
  await using file = await open(path, 'w')
  for (let at = 0; at < bytes; at += 2 ** 20) {
    const piece = randomBytes(Math.min(2 ** 20, bytes - at))
    hash.update(piece)
    await file.write(piece)
  }
  return { path, fileName: 'random.bin', size: bytes, sha256: hash.digest('hex') }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash)
  return hash.digest('hex')
}
