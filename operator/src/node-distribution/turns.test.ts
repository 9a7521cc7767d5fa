// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('whoever comes later waits for those before it', () => {
  const turns = createTurns(20)
  expect(['a', 'b', 'c', 'd', 'c'].map((uid) => turns.take(uid, 0))).toEqual([0, 0, 50, 100, 100])
  expect(turns.take('c', 53)).toBe(0)
  expect(turns.take('d', 90)).toBe(10)
})

test('nobody waits for one that wants no turn any more', () => {
  const turns = createTurns(20)
  for (const uid of ['a', 'b', 'c', 'd']) turns.take(uid, 0)
  for (const uid of ['c', 'd']) turns.leave(uid)
  expect(turns.take('e', 0)).toBe(50)
})

test('in no second are there more, and thousands that wait do not ask often', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (count) => {
      const turns = createTurns(20)
      const askAt = Array.from({ length: count }, () => 0)
      const taken: number[] = []
      let asked = 0
      for (let now = 0; now < 5000; now += 10) {
        for (const at of askAt.flatMap((time, at) => (time <= now ? [at] : []))) {
          asked += 1
          const waitMs = turns.take(`row-${at}`, now)
          askAt[at] = now + (waitMs || 10_000)
          if (waitMs === 0) taken.push(now)
        }
      }
      for (const start of taken)
        expect(taken.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(21)
      // Whoever can has its turn, in about as many tries.
      expect(taken.length).toBeGreaterThanOrEqual(Math.min(count, 60))
      expect(asked).toBeLessThanOrEqual(count + 4 * taken.length)
    }),
    { numRuns: 10 },
  )
})
