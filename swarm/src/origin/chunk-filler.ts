// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Makes whole chunks of the bytes of a stretch of a file, however they come. */
export class ChunkFiller {
  readonly #lengthAt: (offset: number) => number
  readonly #onChunk: (bytes: Buffer) => Promise<void>
  #buffer: Buffer
  #filled = 0
  #offset: number

  /**
   * @param start of the first chunk in the file
   * @param lengthAt of the chunk that begins at an offset; 0 at the end of the stretch
   * @param onChunk may keep the buffer; no more is taken before it resolves, and nothing ever after it has thrown
   */
  constructor(
    start: number,
    lengthAt: (offset: number) => number,
    onChunk: (bytes: Buffer) => Promise<void>,
  ) {
    this.#lengthAt = lengthAt
    this.#onChunk = onChunk
    this.#offset = start
    this.#buffer = Buffer.allocUnsafe(lengthAt(start))
  }

  /** First byte of the file that has not come. */
  get offset(): number {
    return this.#offset
  }

  /** What lies behind the end of the stretch is dropped. @throws as `onChunk` */
  async write(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length && this.#buffer.length > 0; ) {
      const part = bytes.subarray(taken, taken + this.#buffer.length - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.length
      taken += part.length
      this.#offset += part.length
      if (this.#filled === this.#buffer.length) await this.#endChunk()
    }
  }

  async #endChunk(): Promise<void> {
    await this.#onChunk(this.#buffer)
    this.#filled = 0
    this.#buffer = Buffer.allocUnsafe(this.#lengthAt(this.#offset))
  }
}
