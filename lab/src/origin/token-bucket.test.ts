// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { createTokenBucket } from './token-bucket.ts'

test('sends a burst at once and then keeps the rate', () => {
  const bucket = createTokenBucket(1000, 500)
  expect(bucket.take(500, 0)).toBe(0)
  expect(bucket.take(100, 0)).toBe(100)
  expect(bucket.take(100, 100)).toBe(100)
})

test('never saves up more than the burst', () => {
  const bucket = createTokenBucket(1000, 500)
  bucket.take(500, 0)
  expect(bucket.take(500, 60_000)).toBe(0)
  expect(bucket.take(1, 60_000)).toBe(1)
})

test('keeps the rate for all who take together', () => {
  const bucket = createTokenBucket(1000, 0)
  const waits = [1, 2, 3, 4].map(() => bucket.take(250, 0))
  expect(waits).toEqual([250, 500, 750, 1000])
})
