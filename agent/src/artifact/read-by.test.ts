// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { readByWords } from './read-by.ts'

test('who has read what is said in chunks, by node', () => {
  const said = new Map<string, [number, number][]>([
    ['n2', [[4, 1]]],
    [
      'n1',
      [
        [0, 4],
        [8, 2],
      ],
    ],
  ])
  expect(readByWords(said)).toBe('n1: 0–3, 8–9; n2: 4')
  expect(readByWords(new Map())).toBe('')
})
