// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { firstWindow, mostWindow, ReadWindow } from './read-window.ts'

const MiB = 2 ** 20
const step = 16 * 1024

/** Things that are on their way until their time has come. */
class Way {
  readonly #bytes: { readonly at: number; readonly bytes: number }[] = []
  send(at: number, bytes: number): void {
    this.#bytes.push({ at, bytes })
  }
  /** All bytes that have come by now. */
  come(now: number): number {
    let sum = 0
    for (let first = this.#bytes[0]; first !== undefined && first.at <= now; first = this.#bytes[0]) {
      sum += first.bytes
      this.#bytes.shift()
    }
    return sum
  }
}

/**
 * A stream over a line: what is sent takes its time on the line and half a round trip, what comes is read and credited at once,
 * and the credit takes the other half. @returns the most that was under way in the second half of the time, and bytes a millisecond
 */
function flow(bytesPerMs: number, roundTripMs: number, forMs: number) {
  const window = new ReadWindow(0)
  const [there, back] = [new Way(), new Way()]
  let [lineFree, credit, sent, read, most] = [0, firstWindow, 0, 0, 0]
  for (let now = 0; now < forMs; now += 0.05) {
    credit += back.come(now)
    for (; credit >= step && lineFree <= now + roundTripMs; credit -= step, sent += step) {
      lineFree = Math.max(lineFree, now) + step / bytesPerMs
      there.send(lineFree + roundTripMs / 2, step)
    }
    const bytes = there.come(now)
    if (!window.take(bytes, now)) throw new Error('came without credit')
    read += bytes
    back.send(now + roundTripMs / 2, window.credit(0, now))
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
