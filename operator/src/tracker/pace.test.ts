// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { type Breathe, createPace } from './pace.ts'

const term = new AbortController()
const failed = (error: unknown): void => {
  throw error
}
afterEach(() => void vi.useRealTimers())

test('what is asked for many times is done once', async () => {
  vi.useFakeTimers()
  const run = vi.fn(async () => {})
  const soon = createPace({ run, failed }, term.signal)
  soon()
  soon()
  await vi.advanceTimersByTimeAsync(1000)
  expect(run).toHaveBeenCalledTimes(1)
})

test('what is asked for meanwhile is done again, and never both at a time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const first = Promise.withResolvers<void>()
  const run = vi.fn(() => (run.mock.calls.length === 1 ? first.promise : Promise.resolve()))
  const soon = createPace({ run, failed }, term.signal)
  soon()
  await vi.advanceTimersByTimeAsync(1000)
  soon()
  await vi.advanceTimersByTimeAsync(1000)
  expect(run).toHaveBeenCalledTimes(1)
  first.resolve()
  await vi.runAllTimersAsync()
  expect(run).toHaveBeenCalledTimes(2)
})

/** Keeps the thread busy for so many milliseconds. */
function toil(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test('long work lets others go first, and ends with the signal', async () => {
  const others: string[] = []
  const ending = new AbortController()
  const ended = Promise.withResolvers<unknown>()
  const run = async (breathe: Breathe): Promise<void> => {
    void setImmediate().then(() => {
      others.push('went')
      ending.abort()
    })
    try {
      for (;;) {
        toil(3)
        await breathe()
      }
    } catch (error) {
      ended.resolve(error)
    }
  }
  createPace({ run, failed }, ending.signal)()
  expect(await ended.promise).toMatchObject({ name: 'AbortError' })
  expect(others).toEqual(['went'])
})
