// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { parseEndpoint } from './addresses.ts'
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

test.for([
  {
    text: 'tracker.patchswarm-system.svc:7443',
    expected: { host: 'tracker.patchswarm-system.svc', port: 7443 },
  },
  { text: '127.0.0.1:1', expected: { host: '127.0.0.1', port: 1 } },
  { text: '[fd00::1]:7443', expected: { host: 'fd00::1', port: 7443 } },
  { text: 'fd00::1:7443', expected: undefined },
  { text: 'tracker', expected: undefined },
  { text: 'tracker:0', expected: undefined },
  { text: 'tracker:65536', expected: undefined },
])('$text as host and port', ({ text, expected }) => {
  expect(parseEndpoint(text)).toEqual(expected)
})
