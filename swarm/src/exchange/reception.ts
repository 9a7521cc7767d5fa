// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { BufferPool } from './buffer-pool.ts'
import { ProtocolViolationError } from './messages.ts'

/** The chunk that one peer is sending: one at a time, its pieces in order. A new one in the middle drops what was there. */
export class Reception {
  readonly #pool: BufferPool
  #chunk = -1
  #buffer: Buffer | undefined
  #filled = 0

  constructor(pool: BufferPool) {
    this.#pool = pool
  }

  /** @throws ProtocolViolationError */
  begin(chunk: number, length: number): void {
    this.drop()
    this.#chunk = chunk
    this.#buffer = this.#pool.take(length)
    this.#filled = 0
  }

  /** Where the piece belongs. @throws ProtocolViolationError when it is not the next one */
  place(chunk: number, offset: number, length: number): Buffer {
    if (this.#buffer === undefined || chunk !== this.#chunk || offset !== this.#filled) {
      throw new ProtocolViolationError(
        `chunk ${chunk} at ${offset} does not follow ${this.#chunk} at ${this.#filled}`,
      )
    }
    if (offset + length > this.#buffer.length) {
      throw new ProtocolViolationError(`chunk ${chunk} is longer than ${this.#buffer.length} bytes`)
    }
    return this.#buffer.subarray(offset, offset + length)
  }

  /** Whether the last `bytes` of the chunk begin in the piece at `offset`: true for one piece of each chunk. */
  beginsLast(bytes: number, offset: number, length: number): boolean {
    const at = (this.#buffer?.length ?? 0) - bytes
    return offset <= Math.max(0, at) && at < offset + length
  }

  /** @returns the whole chunk, when this was its last piece; the caller gives the buffer back to the pool */
  filled(length: number): Buffer | undefined {
    this.#filled += length
    const buffer = this.#buffer
    if (buffer === undefined || this.#filled < buffer.length) {
      return
    }
    this.#buffer = undefined
    this.#chunk = -1
    return buffer
  }

  drop(): void {
    if (this.#buffer !== undefined) {
      this.#pool.give(this.#buffer)
      this.#buffer = undefined
      this.#chunk = -1
    }
  }
}
