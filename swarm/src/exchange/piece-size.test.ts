// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { leastCredit, pieceWithin } from './piece-size.ts'

const KiB = 1024

test.for([
  ['the least that a piece is sent on', leastCredit, 16 * KiB],
  ['a window that is half used', 32 * KiB, 30 * KiB],
  ['a new stream', 64 * KiB, 62 * KiB],
  ['more than a piece', 100 * KiB, 64 * KiB],
  ['a fast link', 1024 * KiB, 256 * KiB],
] as const)('with the credit of %s the piece leaves room for other frames', ([, credit, bytes]) => {
  expect(pieceWithin(credit)).toBe(bytes)
})

test('a piece is never empty, or less than that', () => {
  expect(pieceWithin(0)).toBe(16 * KiB)
})
