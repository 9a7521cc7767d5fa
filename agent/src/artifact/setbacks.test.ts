// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { NoSpaceError } from '@patchswarm/swarm/store'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Setbacks } from './setbacks.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what failed is tried again every 15 seconds until it does not fail', () => {
  let tries = 0
  const setbacks = new Setbacks(() => {
    tries += 1
    if (tries === 2) setbacks.mend()
    else setbacks.fail(new NoSpaceError('full'))
  })
  setbacks.fail(new Error('damaged'))
  setbacks.fail(new Error('in the same moment'))
  vi.advanceTimersByTime(15_000)
  expect([tries, setbacks.failure]).toEqual([1, { reason: 'InsufficientDisk', message: 'full' }])
  vi.advanceTimersByTime(60_000)
  expect([tries, setbacks.failure]).toEqual([2, undefined])
})

test('nothing is tried again of an artifact that is gone', () => {
  const retry = vi.fn()
  const setbacks = new Setbacks(retry)
  setbacks.fail(new Error('damaged'))
  setbacks.stop()
  vi.advanceTimersByTime(60_000)
  expect(retry).not.toHaveBeenCalled()
})
