// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

const options = { baseMs: 100, maxMs: 30_000 }

test.for([
  { name: 'the first repetition waits the base', attempt: 0, random: 1, ms: 100 },
  { name: 'each one doubles', attempt: 3, random: 1, ms: 800 },
  { name: 'chance takes away at most half', attempt: 3, random: 0, ms: 400 },
  { name: 'the limit holds', attempt: 9, random: 1, ms: 30_000 },
  { name: 'and holds for numbers beyond all reason', attempt: 10_000, random: 1, ms: 30_000 },
])('$name', ({ attempt, random, ms }) => {
  expect(backoffMs(attempt, options, () => random)).toBe(ms)
})
