// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import { createDeadline } from './deadline.ts'

test('it ends with the signal, and says that its time was not up', () => {
  const caller = new AbortController()
  using deadline = createDeadline(60_000, caller.signal)
  caller.abort(new Error('stopping'))
  expect(deadline.signal.reason).toEqual(new Error('stopping'))
  expect(deadline.expired).toBe(false)
})

test('it has ended when the signal had', () => {
  using deadline = createDeadline(60_000, AbortSignal.abort())
  expect(deadline.signal.aborted).toBe(true)
})

test('it ends when its time is up', async () => {
  using deadline = createDeadline(1, undefined)
  await vi.waitFor(() => expect(deadline.signal.aborted).toBe(true))
  expect(deadline.expired).toBe(true)
})

test('nothing of it stays with the signal of a caller that lives on', () => {
  const caller = new AbortController()
  createDeadline(60_000, caller.signal)[Symbol.dispose]()
  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
})
