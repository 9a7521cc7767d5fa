// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { DIGEST_BYTES } from '../manifest/digest.ts'
import type { Manifest } from '../manifest/types.ts'

/**
 * Finds the offsets at which a digest stands in the file. A table of numbers by the first bytes of the digest, which
 * are as good as random: it takes 8 to 16 bytes a leaf and is made in a few milliseconds, where strings as keys take
 * ten times both.
 */
export class LeafIndex {
  readonly #digests: Buffer
  /** By open addressing: the first leaf of each digest plus one, 0 where nothing is. At most half full. */
  readonly #slots: Uint32Array
  /** All leaves of the digests that stand more than once, by the first. */
  readonly #repeated = new Map<number, number[]>()

  constructor({ digests }: Pick<Manifest, 'digests'>) {
    const leaves = digests.length / DIGEST_BYTES
    this.#digests = asBuffer(digests)
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * leaves + 1)))
    for (let leaf = 0; leaf < leaves; leaf++) {
      const slot = this.#slotOf(this.#digests, leaf * DIGEST_BYTES)
      const first = (this.#slots[slot] ?? 0) - 1
      if (first === -1) this.#slots[slot] = leaf + 1
      else this.#repeat(first, leaf)
    }
  }

  /** Indexes of the chunks that have this digest, ascending. */
  find(digest: Uint8Array): readonly number[] {
    if (digest.length !== DIGEST_BYTES) return []
    const first = (this.#slots[this.#slotOf(asBuffer(digest), 0)] ?? 0) - 1
    return first === -1 ? [] : (this.#repeated.get(first) ?? [first])
  }

  #repeat(first: number, leaf: number): void {
    const known = this.#repeated.get(first)
    if (known === undefined) this.#repeated.set(first, [first, leaf])
    else known.push(leaf)
  }

  /** The slot of the digest that begins at `at`, or the free one where it would stand. */
  #slotOf(bytes: Buffer, at: number): number {
    const mask = this.#slots.length - 1
    const prefix = bytes.readUInt32LE(at)
    for (let slot = prefix & mask; ; slot = (slot + 1) & mask) {
      const leaf = (this.#slots[slot] ?? 0) - 1
      if (leaf === -1 || this.#isLeaf(leaf, prefix, bytes, at)) return slot
    }
  }

  #isLeaf(leaf: number, prefix: number, bytes: Buffer, at: number): boolean {
    const start = leaf * DIGEST_BYTES
    return (
      this.#digests.readUInt32LE(start) === prefix &&
      bytes.compare(this.#digests, start, start + DIGEST_BYTES, at, at + DIGEST_BYTES) === 0
    )
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
