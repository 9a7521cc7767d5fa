// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { fullJitter } from './backoff.ts'

const bounds = { baseMs: 500, capMs: 30_000 }

test.for([
  { name: 'begins within the base', attempt: 0, random: 0.999, expected: 499 },
  { name: 'doubles its bound with each attempt', attempt: 3, random: 0.5, expected: 2_000 },
  { name: 'never goes beyond the cap', attempt: 500, random: 0.5, expected: 15_000 },
  { name: 'may not wait at all', attempt: 9, random: 0, expected: 0 },
])('a backoff $name', ({ attempt, random, expected }) => {
  expect(fullJitter(attempt, () => random, bounds)).toBe(expected)
})
