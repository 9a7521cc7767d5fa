// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NodeLimits } from './node-limits.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-03-27T07:59:00Z') }))
afterEach(() => void vi.useRealTimers())

const day = { days: [], start: '08:00', end: '18:00', timeZone: 'Etc/UTC', rates: { upload: 1500 } }

function limits() {
  const made = new NodeLimits(pino({ level: 'silent' }))
  made.start()
  return made
}

test('a window begins by itself, within a second', async () => {
  const node = limits()
  node.set({ rates: { upload: 15_000 }, windows: [day] })
  expect(node.upload.rate).toBe(14_480)
  await vi.advanceTimersByTimeAsync(61_000)
  expect(node.upload.rate).toBe(1448)
  node.stop()
})

test('a clock that was set to another hour is noticed', async () => {
  const node = limits()
  node.set({ windows: [day] })
  vi.setSystemTime(Date.parse('2026-03-27T12:00:00Z'))
  await vi.advanceTimersByTimeAsync(1000)
  expect(node.upload.rate).toBe(1448)
  node.stop()
})

test('a window of an unknown time zone is left out, the others hold', () => {
  const node = limits()
  node.set({
    rates: { download: 3000 },
    windows: [
      { ...day, timeZone: 'Europe/Berln' },
      { ...day, start: '07:00' },
    ],
  })
  expect([node.upload.rate, node.download.rate]).toEqual([1448, 2896])
  node.stop()
})

test('without a word of limits there are none, and after stop nobody waits', async () => {
  const node = limits()
  node.set({ rates: { upload: 1, origin: 1 }, windows: [] })
  void node.upload.take(100)
  const wait = node.upload.take(1)
  node.set(undefined)
  await expect(wait).resolves.toBeUndefined()
  node.set({ rates: { origin: 1 }, windows: [] })
  node.stop()
  expect(node.origin.rate).toBe(Number.POSITIVE_INFINITY)
})

test('an uplink that gives way still does after its limit has held it back for a minute', async () => {
  const node = limits()
  node.set({ rates: { upload: 5e6 }, windows: [], yield: true })
  void node.upload.take(1e9)
  void node.upload.take(1)
  const confirmedAfter = async (ms: number, seconds: number) => {
    for (let i = 0; i < seconds * 10; i++) {
      node.confirmed('peer', ms)
      await vi.advanceTimersByTimeAsync(100)
    }
  }
  await confirmedAfter(1, 60)
  expect(node.upload.rate).toBeCloseTo((5e6 * 1448) / 1500)
  await confirmedAfter(50, 3)
  expect(node.upload.rate).toBeLessThan(0.5e6)
  node.stop()
})
