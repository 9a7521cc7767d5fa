// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { firstWindow, mostWindow, ReadWindow } from './read-window.ts'

const MiB = 2 ** 20

/**
 * A stream over a line: what is sent takes its time on the line and half a round trip, what is read is credited at once, and
 * the credit takes the other half. @returns the most that was under way in the second half of the time, and bytes a millisecond
 */
function flow(bytesPerMs: number, roundTripMs: number, forMs: number) {
  const window = new ReadWindow(0)
  const credits: { at: number; bytes: number }[] = [{ at: 0, bytes: firstWindow }]
  const underWay: { at: number; bytes: number }[] = []
  const step = 16 * 1024
  let [lineFree, credit, sent, read, most] = [0, 0, 0, 0, 0]
  for (let now = 0; now < forMs; now += 0.05) {
    while (credits[0] !== undefined && credits[0].at <= now) credit += credits.shift()!.bytes
    while (credit >= step && lineFree <= now + roundTripMs) {
      lineFree = Math.max(lineFree, now) + step / bytesPerMs
      underWay.push({ at: lineFree + roundTripMs / 2, bytes: step })
      credit -= step
      sent += step
    }
    while (underWay[0] !== undefined && underWay[0].at <= now) {
      read += underWay.shift()!.bytes
      if (!window.take(step, now)) throw new Error('sent without credit')
      const bytes = window.credit(0, now)
      if (bytes > 0) credits.push({ at: now + roundTripMs / 2, bytes })
    }
    most = now > forMs / 2 ? Math.max(most, sent - read) : 0
  }
  return { most, rate: read / forMs }
}

test.for([
  // Mbit/s of the line, round trip in ms, at most under way, at least of the line used
  [5, 1, firstWindow, 0.99],
  [40, 1, 5 * firstWindow, 0.99],
  [100, 20, 11 * firstWindow, 0.9],
  [100, 200, mostWindow, 0.5],
  [2000, 0.5, mostWindow, 0.95],
] as const)(
  'over a line of %i Mbit/s and %f ms no more is under way than it takes to fill it',
  ([megabits, roundTripMs, most, used]) => {
    const bytesPerMs = megabits * 125
    const seen = flow(bytesPerMs, roundTripMs, 4000)
    expect(seen.rate / bytesPerMs).toBeGreaterThan(used)
    expect(seen.most).toBeLessThanOrEqual(most)
  },
)

test('the window of a stream that slows down shrinks again, and nothing is given that would exceed it', () => {
  const window = new ReadWindow(0)
  let open = firstWindow
  let now = 0
  const read = (bytes: number, ms: number) => {
    now += ms
    expect(window.take(bytes, now)).toBe(true)
    open += window.credit(0, now) - bytes
  }
  for (let i = 0; i < 2000; i++) read(16 * 1024, 0.1)
  expect(open).toBeGreaterThan(mostWindow / 2)
  for (let i = 0; i < 2000; i++) read(16 * 1024, 50)
  expect(open).toBeLessThanOrEqual(firstWindow)
})

test('what lies here unread counts as sent', () => {
  const window = new ReadWindow(0)
  expect(window.take(firstWindow, 1)).toBe(true)
  expect(window.credit(firstWindow, 1)).toBe(0)
  expect(window.credit(0, 2)).toBeGreaterThanOrEqual(firstWindow)
  expect(window.take(MiB, 3)).toBe(false)
})
