// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { addedSince, addRanges, isIn, rangesOf } from './ranges.ts'

test.for([
  [[], []],
  [[5], [[5, 1]]],
  [
    [3, 1, 2, 9, 9],
    [
      [1, 3],
      [9, 1],
    ],
  ],
] as const)('%j makes the runs %j', ([chunks, ranges]) => {
  expect(rangesOf(chunks)).toEqual(ranges)
})

test('a bitmap grows with what is announced', () => {
  const bitmap = addRanges(Uint8Array.of(1), [
    [2, 2],
    [17, 1],
  ])
  expect([...bitmap]).toEqual([0b1101, 0, 0b10])
  expect([0, 1, 17, 24].map((chunk) => isIn(bitmap, chunk))).toEqual([true, false, true, false])
})

test('what a bitmap has room for is set in its place, however often it is announced', () => {
  const bitmap = new Uint8Array(2)
  expect(addRanges(bitmap, [[8, 8]])).toBe(bitmap)
  expect([...bitmap]).toEqual([0, 0xff])
})

test('what is new since a HELLO is found, from an empty bitmap too', () => {
  expect(addedSince(Uint8Array.of(0b1, 0), Uint8Array.of(0b11, 0b1000_0000))).toEqual([1, 15])
  expect(addedSince(new Uint8Array(), Uint8Array.of(0b101))).toEqual([0, 2])
})
