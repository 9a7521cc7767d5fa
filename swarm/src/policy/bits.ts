// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Bits in words of 32, least significant first: chunk i is bit i % 32 of word i / 32. */
export type Bits = Uint32Array

export const createBits = (length: number): Bits => new Uint32Array(Math.ceil(length / 32))

export const hasBit = (bits: Bits, index: number): boolean =>
  ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0

export function setBit(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31))
}

export function clearBit(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) & ~(1 << (index & 31))
}

/** Reads a bitmap as peers send it (least significant bit first in each byte); bits from `length` on are ignored. */
export function bitsFromBytes(bytes: Uint8Array, length: number): Bits {
  const bits = createBits(length)
  const used = Math.min(bytes.length, Math.ceil(length / 8))
  for (let i = 0; i < used; i++) {
    bits[i >>> 2] = (bits[i >>> 2] ?? 0) | ((bytes[i] ?? 0) << ((i & 3) * 8))
  }
  const tail = length & 31
  const last = bits.length - 1
  if (tail !== 0) {
    bits[last] = (bits[last] ?? 0) & ((1 << tail) - 1)
  }
  return bits
}

/** Calls `visit` with the place of every bit of a word that is set. */
export function forEachBit(word: number, visit: (bit: number) => void): void {
  for (let rest = word; rest !== 0; rest &= rest - 1) {
    visit(31 - Math.clz32(rest & -rest))
  }
}

/** How many bits of a word are set. */
export function countOnes(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** The bits of a word that lie in [first, end) of all chunks. */
export function rangeIn(word: number, first: number, end: number): number {
  const from = first - word * 32
  const to = end - word * 32
  return (from <= 0 ? -1 : -1 << from) & (to >= 32 ? -1 : ~(-1 << to))
}

/** One of the bits that are set, the next from a place that `random` chooses, so that nodes differ in their order. */
export function bitFrom(word: number, random: () => number): number {
  const after = word & (-1 << Math.floor(random() * 32))
  const chosen = after === 0 ? word : after
  return 31 - Math.clz32(chosen & -chosen)
}
