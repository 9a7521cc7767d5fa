// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Range } from './messages.ts'

/** Runs of the chunks, in order. */
export function rangesOf(chunks: readonly number[]): Range[] {
  const ranges: [number, number][] = []
  for (const chunk of chunks.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last !== undefined && chunk < last[0] + last[1]) {
      continue
    }
    if (last !== undefined && chunk === last[0] + last[1]) {
      last[1] += 1
    } else {
      ranges.push([chunk, 1])
    }
  }
  return ranges
}

/** The chunks that `now` has and `then` has not. */
export function addedSince(then: Uint8Array, now: Uint8Array): number[] {
  const added: number[] = []
  for (let byte = 0; byte < now.length; byte++) {
    const fresh = (now[byte] ?? 0) & ~(then[byte] ?? 0)
    for (let bit = 0; fresh >>> bit !== 0; bit++) {
      if ((fresh >>> bit) & 1) {
        added.push(byte * 8 + bit)
      }
    }
  }
  return added
}

/** Sets the ranges in the bitmap. @returns it, or a longer one in its place where they go beyond it */
export function addRanges(bitmap: Uint8Array, ranges: readonly Range[]): Uint8Array {
  const bytes = Math.ceil(Math.max(0, ...ranges.map(([first, count]) => first + count)) / 8)
  let bits = bitmap
  if (bytes > bitmap.length) {
    bits = new Uint8Array(bytes)
    bits.set(bitmap)
  }
  for (const [first, count] of ranges) {
    for (let chunk = first; chunk < first + count; chunk++) {
      bits[chunk >>> 3] = (bits[chunk >>> 3] ?? 0) | (1 << (chunk & 7))
    }
  }
  return bits
}

export const isIn = (bitmap: Uint8Array, chunk: number): boolean =>
  ((bitmap[chunk >>> 3] ?? 0) & (1 << (chunk & 7))) !== 0
