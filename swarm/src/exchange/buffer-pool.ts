// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Room is made in steps of this, so that chunks of nearly the same length can use it in turn. */
const stepBytes = 64 * 1024

/** Large chunks come and go many times a second: their buffers are used again rather than left to the collector. */
export class BufferPool {
  readonly #free: ArrayBufferLike[] = []
  readonly #most: number

  constructor(most = 16) {
    this.#most = most
  }

  /** A buffer of this length, in a room that is at most twice as large. */
  take(length: number): Buffer {
    const room = Math.max(1, Math.ceil(length / stepBytes)) * stepBytes
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= room && byteLength <= 2 * room)
    const [found] = at === -1 ? [] : this.#free.splice(at, 1)
    return Buffer.from(found ?? Buffer.allocUnsafeSlow(room).buffer, 0, length)
  }

  /** @param buffer one that `take` gave */
  give(buffer: Buffer): void {
    if (this.#free.length >= this.#most) {
      this.#free.shift()
    }
    this.#free.push(buffer.buffer)
  }
}
