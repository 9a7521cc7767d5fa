// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTokenBucket } from './token-bucket.ts'

test('it gives its burst, then one token in its time', () => {
  const bucket = createTokenBucket(20, 2)
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false])
  expect(bucket.waitMs(0)).toBe(50)
  expect(bucket.take(50)).toBe(true)
})

test('in any second it gives at most rate and burst together', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 200 }), (pauses) => {
      const bucket = createTokenBucket(20, 20)
      let now = 0
      const taken: number[] = []
      for (const pause of pauses) {
        now += pause
        if (bucket.take(now)) taken.push(now)
      }
      for (const start of taken) {
        expect(taken.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(40)
      }
    }),
  )
})
