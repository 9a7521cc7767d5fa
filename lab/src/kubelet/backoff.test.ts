// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { countFailure, restartDelay } from './backoff.ts'

test('starts a container again at once the first time, then after doubling waits up to 30 s', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(restartDelay)).toEqual([
    0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
  ])
})

test('forgets failures of a container that ran for a minute', () => {
  expect(countFailure(5, 59_999)).toBe(6)
  expect(countFailure(5, 60_000)).toBe(0)
})
