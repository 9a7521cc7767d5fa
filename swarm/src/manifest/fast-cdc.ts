// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { mostChunkBytes } from './chunking.ts'
import type { Cutter } from './types.ts'

/**
 * FastCDC: W. Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data Deduplication",
 * USENIX ATC 2016; "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage Systems", IEEE TPDS
 * 31 (2020) 2017–2031.
 *
 * A chunk ends where the Gear hash of its last 32 bytes is zero in its top bits, so where it ends depends on the bytes
 * there and on nothing before them but the distance to the last cut: behind an insertion the cuts are soon the old ones.
 * Root CIDs follow from the cuts: whatever changes one of them needs another name in the swarm ID.
 */
const seed = 'patchswarm-gear-v1\n'
/** Bytes that the hash depends on: each moves the ones before it by a bit. */
const windowBytes = 32
/** Level of normalized chunking: so many bits more are asked for before the average, so many fewer behind it. */
const normalization = 2
const leastAverage = 256
const mostAverage = 2 ** 28

/** For each byte the first four of the SHA-256 of the seed and that byte. */
const gear = Int32Array.from({ length: 256 }, (_, byte) =>
  hash('sha256', Buffer.from([...Buffer.from(seed), byte]), 'buffer').readInt32BE(0),
)

/** Bytes of the shortest chunk but the last. */
export function leastChunkBytes(average: number): number {
  return average / 4
}

/**
 * @param average bytes that chunks are meant to have: a power of two, 256 to 2^28
 * @throws RangeError
 */
export function createContentCutter(average: number): Cutter {
  if (!(average >= leastAverage && average <= mostAverage && Number.isInteger(Math.log2(average)))) {
    throw new RangeError(`Chunks of ${average} bytes on average: write a power of two, 256 to 2^28`)
  }
  return new ContentCutter(average)
}

class ContentCutter implements Cutter {
  readonly most: number
  readonly #least: number
  readonly #average: number
  readonly #strict: number
  readonly #loose: number
  /** Bytes of the chunk so far. */
  #length = 0
  #hash = 0

  constructor(average: number) {
    this.most = mostChunkBytes(average)
    this.#least = leastChunkBytes(average)
    this.#average = average
    const bits = Math.log2(average)
    this.#strict = topBits(bits + normalization)
    this.#loose = topBits(bits - normalization)
  }

  cut(bytes: Uint8Array): number | undefined {
    const limit = Math.min(bytes.length, this.most - this.#length)
    /** Where in `bytes` the byte stands that makes the chunk this long. */
    const at = (length: number) => Math.min(Math.max(length - 1 - this.#length, 0), limit)
    this.#hash = roll(this.#hash, bytes, at(this.#least - windowBytes + 1), at(this.#least))
    const end =
      this.#search(bytes, at(this.#least), at(this.#average), this.#strict) ??
      this.#search(bytes, at(this.#average), limit, this.#loose) ??
      (this.#length + limit === this.most ? limit : undefined)
    this.#length = end === undefined ? this.#length + limit : 0
    if (end !== undefined) this.#hash = 0
    return end
  }

  /** @returns the end of the chunk, when there is one between `from` and `to` */
  #search(bytes: Uint8Array, from: number, to: number, mask: number): number | undefined {
    const end = search(this.#hash, bytes, from, to, mask)
    if (end !== 0) return end
    // The hash depends on no more than its window.
    this.#hash = roll(this.#hash, bytes, Math.max(from, to - windowBytes), to)
    return undefined
  }
}

/** The hash after these bytes. */
function roll(hashBefore: number, bytes: Uint8Array, from: number, to: number): number {
  let sum = hashBefore
  for (let at = from; at < to; at++) sum = next(sum, bytes, at)
  return sum
}

/**
 * Where the first chunk ends whose hash is zero under the mask; 0: nowhere. Four bytes a turn: with one the function is so
 * small that V8's middle tier puts it into its caller and leaves it there, at a quarter of the speed (npm run bench -- versions).
 */
function search(hashBefore: number, bytes: Uint8Array, from: number, to: number, mask: number): number {
  let sum = hashBefore
  let at = from
  for (const last = to - 3; at < last; at += 4) {
    sum = next(sum, bytes, at)
    if ((sum & mask) === 0) return at + 1
    sum = next(sum, bytes, at + 1)
    if ((sum & mask) === 0) return at + 2
    sum = next(sum, bytes, at + 2)
    if ((sum & mask) === 0) return at + 3
    sum = next(sum, bytes, at + 3)
    if ((sum & mask) === 0) return at + 4
  }
  for (; at < to; at++) {
    sum = next(sum, bytes, at)
    if ((sum & mask) === 0) return at + 1
  }
  return 0
}

const next = (sum: number, bytes: Uint8Array, at: number): number =>
  ((sum << 1) + (gear[bytes[at] as number] as number)) | 0

const topBits = (count: number): number => -1 << (32 - count)
