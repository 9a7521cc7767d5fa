// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.ts'
import { Reception } from './reception.ts'

test.for([
  ['whole pieces', 256, [64, 64, 64, 64], [false, false, false, true]],
  ['one piece', 256, [256], [true]],
  ['pieces of any size', 256, [62, 30, 62, 62, 40], [false, false, false, true, false]],
  ['a chunk shorter than that', 20, [16, 4], [true, false]],
  ['an empty chunk', 0, [0], [true]],
] as const)('the last 64 bytes begin in one piece: %s', ([, length, pieces, begins]) => {
  const reception = new Reception(new BufferPool())
  reception.begin(7, length)
  let offset = 0
  const found = pieces.map((piece) => {
    const here = reception.beginsLast(64, offset, piece)
    offset += piece
    return here
  })
  expect(found).toEqual(begins)
})
