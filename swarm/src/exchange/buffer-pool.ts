// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Large chunks come and go many times a second: their buffers are used again rather than left to the collector. */
export class BufferPool {
  readonly #free: Buffer[] = []
  readonly #most: number

  constructor(most = 16) {
    this.#most = most
  }

  take(length: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length === length)
    const [found] = at === -1 ? [] : this.#free.splice(at, 1)
    return found ?? Buffer.allocUnsafeSlow(length)
  }

  give(buffer: Buffer): void {
    if (this.#free.length >= this.#most) {
      this.#free.shift()
    }
    this.#free.push(buffer)
  }
}
