// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Which chunks are held: bit i (least significant bit first in each byte) is chunk i. */
export class Bitmap {
  readonly size: number
  readonly #bytes: Uint8Array
  #count = 0

  /** Takes a copy; bits past the end and bytes that are missing count as not set. */
  constructor(size: number, bytes: Uint8Array = new Uint8Array()) {
    this.size = size
    this.#bytes = new Uint8Array(Math.ceil(size / 8))
    for (let index = 0; index < Math.min(size, bytes.length * 8); index++) {
      if (isSet(bytes, index)) this.add(index)
    }
  }

  /** Number of bits set. */
  get count(): number {
    return this.#count
  }

  has(index: number): boolean {
    return index >= 0 && index < this.size && isSet(this.#bytes, index)
  }

  /** @returns whether it was not set before */
  add(index: number): boolean {
    if (index < 0 || index >= this.size) throw new RangeError(`No bit ${index} among ${this.size}`)
    if (isSet(this.#bytes, index)) return false
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] ?? 0) | (1 << (index & 7))
    this.#count++
    return true
  }

  /** @returns whether it was set before */
  delete(index: number): boolean {
    if (!this.has(index)) return false
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] ?? 0) & ~(1 << (index & 7))
    this.#count--
    return true
  }

  /** A copy. */
  toBytes(): Uint8Array {
    return this.#bytes.slice()
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.size; index++) if (isSet(this.#bytes, index)) yield index
  }
}

function isSet(bytes: Uint8Array, index: number): boolean {
  return ((bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
}
