// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { addedSince, rangesOf, withRanges } from './ranges.ts'

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
  const bitmap = withRanges(Uint8Array.of(1), [
    [2, 2],
    [17, 1],
  ])
  expect([...bitmap]).toEqual([0b1101, 0, 0b10])
})

test('what is new since a HELLO is found, from an empty bitmap too', () => {
  expect(addedSince(Uint8Array.of(0b1, 0), Uint8Array.of(0b11, 0b1000_0000))).toEqual([1, 15])
  expect(addedSince(new Uint8Array(), Uint8Array.of(0b101))).toEqual([0, 2])
})
