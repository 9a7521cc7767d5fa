// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { DIGEST_BYTES } from '../manifest/digest.ts'
import type { Chunking } from '../manifest/types.ts'
import { readFully, writeFully } from './durable.ts'

const HEADER_BYTES = 8
const STRATEGIES = ['Fixed', 'ContentDefined']

/** Leaf digests of an unfinished ingest, in order, after the chunking they are for. Nothing in it is believed: the data is hashed again. */
export class IngestLog {
  readonly #file: FileHandle
  readonly #path: string
  #leaves = 0

  private constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  /** Opens the log and returns the digests in it, none when they are for another chunking. */
  static async open(
    path: string,
    { strategy, size: chunkSize }: Chunking,
  ): Promise<{ log: IngestLog; digests: Uint8Array[] }> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const { size } = await file.stat()
    const bytes = Buffer.alloc(size)
    await readFully(file, bytes, 0)
    const log = new IngestLog(file, path)
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(STRATEGIES.indexOf(strategy), header.writeUInt32BE(chunkSize))
    if (bytes.subarray(0, HEADER_BYTES).equals(header)) {
      return { log, digests: split(bytes.subarray(HEADER_BYTES)) }
    }
    await file.truncate(0)
    await writeFully(file, header, 0, path)
    return { log, digests: [] }
  }

  /** Puts these in the place of all that the log has. */
  static async write(path: string, chunking: Chunking, digests: readonly Uint8Array[]): Promise<void> {
    const { log } = await IngestLog.open(path, chunking)
    try {
      await log.keep(0)
      await writeFully(log.#file, Buffer.concat(digests), HEADER_BYTES, path)
    } finally {
      await log.close()
    }
  }

  /** Forgets all but the first `leaves`. */
  async keep(leaves: number): Promise<void> {
    await this.#file.truncate(HEADER_BYTES + leaves * DIGEST_BYTES)
    this.#leaves = leaves
  }

  async append(digest: Uint8Array): Promise<void> {
    await writeFully(this.#file, digest, HEADER_BYTES + this.#leaves * DIGEST_BYTES, this.#path)
    this.#leaves++
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function split(bytes: Buffer): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / DIGEST_BYTES) }, (_, index) =>
    Uint8Array.from(bytes.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)),
  )
}
