// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { readFully, writeFully } from './durable.ts'
import type { ChunkSource } from './types.ts'

/** A chunk that was written; 'copy' when it came along with another offset of the same digest. */
export interface Arrival {
  readonly index: number
  readonly source: ChunkSource | 'copy'
}

const SOURCES = ['copy', 'origin', 'peers', 'cache'] as const
const ENTRY_BYTES = 8

/**
 * Names the chunks that were written since the last sync, without any fsync of its own: a killed process leaves it
 * complete, a power cut may not. So it is a hint where hashing again is worth it, never a reason to trust.
 */
export class ArrivalLog {
  readonly #file: FileHandle
  readonly #path: string
  /** Entries in the file. */
  #entries = 0
  #pending: Arrival[] = []
  #appended = 0
  #tail: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  /** Opens the log and returns what an earlier process left in it. */
  static async open(path: string): Promise<{ log: ArrivalLog; arrivals: Arrival[] }> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const { size } = await file.stat()
    const bytes = Buffer.alloc(size)
    await readFully(file, bytes, 0)
    const log = new ArrivalLog(file, path)
    const arrivals = decode(bytes)
    log.#entries = arrivals.length
    return { log, arrivals }
  }

  /** Grows with every append; see `clear`. */
  get mark(): number {
    return this.#appended
  }

  /** Rejects when the disk is full; the log stays usable and what is missing in it is merely fetched again. */
  append(arrivals: readonly Arrival[]): Promise<void> {
    this.#pending.push(...arrivals)
    this.#appended += arrivals.length
    return this.#next(() => this.#writePending())
  }

  /** Empties the log when nothing was appended since `mark` was read; otherwise old entries stay, which is harmless. */
  clear(mark: number): Promise<void> {
    return this.#next(async () => {
      if (this.#appended !== mark) return
      await this.#file.truncate(0)
      this.#entries = 0
    })
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => {})
    await this.#file.close()
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.catch(() => {}).then(step)
    return this.#tail
  }

  /** The first of several waiting appends writes for all of them. */
  async #writePending(): Promise<void> {
    const batch = this.#pending
    if (batch.length === 0) return
    this.#pending = []
    await writeFully(this.#file, encode(batch), this.#entries * ENTRY_BYTES, this.#path)
    this.#entries += batch.length
  }
}

function encode(arrivals: readonly Arrival[]): Uint8Array {
  const bytes = Buffer.alloc(arrivals.length * ENTRY_BYTES)
  arrivals.forEach(({ index, source }, at) => {
    bytes.writeUInt32BE(index, at * ENTRY_BYTES)
    bytes.writeUInt8(SOURCES.indexOf(source), at * ENTRY_BYTES + 4)
  })
  return bytes
}

/** A torn last entry is left out, an unknown source counts as a copy. */
function decode(bytes: Buffer): Arrival[] {
  return Array.from({ length: Math.floor(bytes.length / ENTRY_BYTES) }, (_, at) => ({
    index: bytes.readUInt32BE(at * ENTRY_BYTES),
    source: SOURCES[bytes.readUInt8(at * ENTRY_BYTES + 4)] ?? 'copy',
  }))
}
