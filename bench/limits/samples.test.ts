// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { rateOver, settledAfter, worstShare } from './samples.ts'

/** 1000 bytes a second for ten seconds, then 2000. */
const samples = Array.from({ length: 201 }, (_, i) => ({
  at: i * 100,
  bytes: i * 100 + Math.max(0, i - 100) * 100,
}))

test('a rate is taken over the samples of the time', () => {
  expect(rateOver(samples, 0, 10_000)).toBe(1000)
  expect(rateOver(samples, 5000, 15_000)).toBe(1500)
  expect(rateOver(samples, 30_000, 40_000)).toBeNaN()
})

test('the worst stretch counts', () => {
  expect(worstShare(samples.slice(0, 101), 5000, 1000)).toBeCloseTo(0)
  expect(worstShare(samples, 5000, 1000)).toBeCloseTo(1)
  expect(worstShare(samples, 60_000, 1000)).toBeNaN()
})

test('a new rate has settled when a second of it begins', () => {
  expect(settledAfter(samples, 9000, 2000, 0.05)).toBe(1000)
  expect(settledAfter(samples, 9000, 5000, 0.05)).toBe(Number.POSITIVE_INFINITY)
})
