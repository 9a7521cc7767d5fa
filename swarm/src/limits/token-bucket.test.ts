// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

/** Takes pieces of so many bytes whenever it may, looked at every `stepMs`. @returns bytes taken in the time */
function takeFor(bucket: TokenBucket, bytes: number, from: number, to: number, stepMs: number): number {
  let taken = 0
  for (let now = from; now < to; now += stepMs) {
    while (bucket.take(bytes, now) === 0) {
      taken += bytes
    }
  }
  return taken
}

describe('a token bucket', () => {
  test.for([
    [65_536, 1],
    [65_536, 16],
    [1_048_576, 16],
    [1000, 40],
  ] as const)(
    'keeps its rate within 1 %% with pieces of %d bytes and a timer of %d ms',
    ([bytes, stepMs]) => {
      const rate = 25e6
      const taken = takeFor(new TokenBucket(rate, 0), bytes, 0, 10_000, stepMs)
      expect(Math.abs(taken / (rate * 10) - 1)).toBeLessThan(0.01)
    },
  )

  test('says when to ask again', () => {
    const bucket = new TokenBucket(1000, 0)
    expect(bucket.take(500, 0)).toBe(0)
    expect(bucket.take(1, 100)).toBe(400)
    expect(bucket.take(1, 500)).toBe(0)
  })

  test('saves up no more than a moment', () => {
    const bucket = new TokenBucket(1e6, 0)
    expect(takeFor(bucket, 1000, 60_000, 60_001, 1)).toBeLessThanOrEqual(51_000)
  })

  test('lets bytes of a debt go on at once when the rate rises', () => {
    const bucket = new TokenBucket(1000, 0)
    bucket.take(10_000, 0)
    bucket.setRate(1e6, 1)
    expect(bucket.take(1, 12)).toBe(0)
  })

  test('does not let a debt of a high rate stand for long at a low one', () => {
    const bucket = new TokenBucket(100e6, 0)
    bucket.take(4 * 2 ** 20, 0)
    bucket.setRate(12_500, 1)
    expect(bucket.take(1, 1)).toBeLessThan(42)
  })

  test('bears a clock that stands still', () => {
    const bucket = new TokenBucket(1000, 10)
    expect(bucket.take(100, 10)).toBe(0)
    expect(bucket.take(100, 10)).toBe(100)
  })
})
