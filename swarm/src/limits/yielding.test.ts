// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { YieldingRate } from './yielding.ts'

/** A line of 10 MB/s with 50 ms of queue, and somebody else who keeps `othersMs` of it filled. */
function drive(
  rate: YieldingRate,
  seconds: { from: number; to: number },
  othersMs: number,
  line = 10e6,
): void {
  let queue = 0
  for (let now = seconds.from * 1000; now < seconds.to * 1000; now += 200) {
    queue = Math.min(50, Math.max(0, queue + ((rate.rate - line) / line) * 200))
    for (let i = 0; i < 4; i++) {
      rate.confirmed('peer', 1 + queue + othersMs + i, now + i)
    }
    rate.adjust(true, now + 10)
  }
}

describe('a rate that gives way', () => {
  test('fills a line that nobody else uses', () => {
    const rate = new YieldingRate()
    drive(rate, { from: 0, to: 30 }, 0)
    expect(rate.rate).toBeGreaterThan(8e6)
    expect(rate.rate).toBeLessThan(12e6)
  })

  test('falls to a twentieth within three seconds when somebody else fills the queue, and no lower', () => {
    const rate = new YieldingRate()
    drive(rate, { from: 0, to: 30 }, 0)
    drive(rate, { from: 30, to: 33 }, 40)
    expect(rate.rate).toBeLessThan(1.2e6)
    drive(rate, { from: 33, to: 90 }, 40)
    expect(rate.rate).toBeGreaterThan(0.4e6)
  })

  test('comes back within ten seconds when the other has gone', () => {
    const rate = new YieldingRate()
    drive(rate, { from: 0, to: 30 }, 0)
    drive(rate, { from: 30, to: 40 }, 40)
    drive(rate, { from: 40, to: 50 }, 0)
    expect(rate.rate).toBeGreaterThan(7e6)
  })

  test('does not rise while less is sent than it allows, nor without word of what was sent', () => {
    const rate = new YieldingRate()
    const before = rate.rate
    rate.confirmed('peer', 1, 0)
    rate.adjust(false, 1)
    rate.adjust(true, 10_000)
    expect(rate.rate).toBe(before)
  })

  test('does not take a peer that is far away for a queue', () => {
    const rate = new YieldingRate()
    for (let now = 0; now < 2000; now += 200) {
      rate.confirmed('far', 80, now)
      rate.adjust(true, now)
    }
    expect(rate.rate).toBeGreaterThan(5e6)
  })
})
