// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { sleep, systemClock } from './clock.ts'
import { createManualClock } from './manual-clock.ts'

test('a sleep ends at its time', async () => {
  const clock = createManualClock()
  let woke = false
  const slept = sleep(clock, 1000).then(() => {
    woke = true
  })
  await clock.advance(999)
  expect(woke).toBe(false)
  await clock.advance(1)
  await slept
})

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = createManualClock()
  const stop = new AbortController()
  const slept = sleep(clock, 1000, stop.signal)
  const reason = new Error('stopping')
  stop.abort(reason)
  await expect(slept).rejects.toBe(reason)
  expect(clock.timers).toBe(0)
  await expect(sleep(clock, 1000, stop.signal)).rejects.toBe(reason)
})

test('a reason that is no error becomes an AbortError', async () => {
  await expect(sleep(systemClock, 1000, AbortSignal.abort('because'))).rejects.toMatchObject({
    name: 'AbortError',
  })
})

test('timers that make timers run in the order of their times', async () => {
  const clock = createManualClock()
  const order: string[] = []
  clock.after(200, () => order.push('second'))
  clock.after(100, () => {
    order.push('first')
    clock.after(150, () => order.push('third'))
  })
  await clock.advance(300)
  expect(order).toEqual(['first', 'second', 'third'])
})

test('a time beyond what a timer holds does not fire at once', async () => {
  let fired = false
  const cancel = systemClock.after(2 ** 40, () => {
    fired = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  cancel()
  expect(fired).toBe(false)
})
