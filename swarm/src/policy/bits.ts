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

/** Calls `visit` with the index of every bit that is set. */
export function forEachBit(bits: Bits, visit: (index: number) => void): void {
  for (let word = 0; word < bits.length; word++) {
    let rest = bits[word] ?? 0
    while (rest !== 0) {
      const lowest = rest & -rest
      visit(word * 32 + (31 - Math.clz32(lowest)))
      rest ^= lowest
    }
  }
}

/**
 * One bit that is set in both, searched from a place that `random` chooses so that nodes differ in their order.
 * @returns -1 when there is none
 */
export function commonBit(a: Bits, b: Bits, random: () => number): number {
  const words = Math.min(a.length, b.length)
  const start = Math.floor(random() * words)
  for (let step = 0; step < words; step++) {
    const word = start + step < words ? start + step : start + step - words
    const both = (a[word] ?? 0) & (b[word] ?? 0)
    if (both !== 0) {
      const after = both & (-1 << Math.floor(random() * 32))
      const chosen = after === 0 ? both : after
      return word * 32 + (31 - Math.clz32(chosen & -chosen))
    }
  }
  return -1
}
