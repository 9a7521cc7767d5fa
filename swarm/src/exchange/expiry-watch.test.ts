// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clockSkewMs, type Membership } from '../membership/index.ts'
import { ExpiryWatch } from './expiry-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const ending = (inMs: number) => ({ expiresAt: Date.now() + inMs }) as Membership

test('calls once the first of them has run out, with the difference of clocks, and not before', () => {
  const expired = vi.fn()
  const watch = new ExpiryWatch(expired)
  watch.expect(ending(2000))
  watch.expect(ending(1000))
  watch.expect(ending(3000))
  vi.advanceTimersByTime(clockSkewMs + 999)
  expect(expired).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(expired).toHaveBeenCalledTimes(1)
})

test('waits for those that it is told of again', () => {
  const expired = vi.fn(() => watch.expect(ending(500)))
  const watch = new ExpiryWatch(expired)
  watch.expect(ending(0))
  vi.advanceTimersByTime(2 * clockSkewMs + 1000)
  expect(expired).toHaveBeenCalledTimes(2)
})

test('does not call when stopped', () => {
  const expired = vi.fn()
  const watch = new ExpiryWatch(expired)
  watch.expect(ending(0))
  watch.stop()
  vi.advanceTimersByTime(2 * clockSkewMs)
  expect(expired).not.toHaveBeenCalled()
})
