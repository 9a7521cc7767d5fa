// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Pacer } from './pace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pacer = (rate: number) => {
  const made = new Pacer(() => Date.now())
  made.setRate(rate)
  return made
}

describe('a pace', () => {
  test('without a limit makes nobody wait', () => {
    const pace = new Pacer()
    expect(pace.take(1e12)).toBeUndefined()
    expect(pace.limiting).toBe(false)
    expect(pace.rate).toBe(Number.POSITIVE_INFINITY)
  })

  test('lets those that wait go one after the other', async () => {
    const pace = pacer(1000)
    const gone: number[] = []
    for (const i of [0, 1, 2]) {
      void (pace.take(500) ?? Promise.resolve()).then(() => gone.push(i))
    }
    await vi.advanceTimersByTimeAsync(10)
    expect(gone).toEqual([0])
    expect(pace.limiting).toBe(true)
    await vi.advanceTimersByTimeAsync(500)
    expect(gone).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(500)
    expect(gone).toEqual([0, 1, 2])
    expect(pace.limiting).toBe(false)
    expect(pace.limitedMs).toBe(1000)
  })

  test('is shared evenly by those that ask again and again, however eagerly', async () => {
    const pace = pacer(1000)
    const went = { eager: 0, modest: 0 }
    const ask = async (who: keyof typeof went): Promise<never> => {
      for (;;) {
        await (pace.take(100) ?? Promise.resolve())
        went[who] += 1
      }
    }
    // Each as one job on a node, with one piece under way at a time; one of them has begun long before.
    void ask('eager')
    await vi.advanceTimersByTimeAsync(5000)
    const before = went.eager
    void ask('modest')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(Math.abs(went.eager - before - went.modest)).toBeLessThanOrEqual(1)
    expect(went.modest).toBeGreaterThan(40)
    pace.setRate(1e-9)
  })

  test('takes a new rate for those that wait already', async () => {
    const pace = pacer(1)
    void pace.take(1000)
    const wait = pace.take(1)
    pace.setRate(1_000_000)
    await vi.advanceTimersByTimeAsync(2)
    await expect(wait).resolves.toBeUndefined()
  })

  test('lets all go when its limit is lifted', async () => {
    const pace = pacer(1)
    void pace.take(1000)
    const waits = [pace.take(1), pace.take(1000)]
    pace.setRate(Number.POSITIVE_INFINITY)
    await expect(Promise.all(waits)).resolves.toHaveLength(2)
  })

  test('keeps its rate over ten seconds of real waiting', async () => {
    const pace = pacer(4e6)
    let sent = 0
    const send = async () => {
      for (;;) {
        await pace.take(65_536)
        sent += 65_536
        await vi.advanceTimersByTimeAsync(0)
      }
    }
    void send()
    void send()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(Math.abs(sent / 40e6 - 1)).toBeLessThan(0.01)
  })
})
