// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { once } from 'node:events'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createController, type Reconcile } from './controller.ts'
import { createControllerMetrics } from './controller-metrics.ts'
import { KubeError } from './kube-error.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { TerminalError, WaitError } from './outcome.ts'
import { createQueue, type Queue } from './queue.ts'

let clock: ManualClock
let queue: Queue
let stop: AbortController
let registry: Registry
let logged: { level: number; msg: string; reason?: string; key?: string }[]
let ran: Promise<void>

beforeEach(() => {
  clock = createManualClock()
  queue = createQueue({ clock, random: () => 1, backoff: { baseMs: 100, maxMs: 1000 } })
  stop = new AbortController()
  registry = new Registry()
  logged = []
  ran = Promise.resolve()
})
afterEach(async () => {
  stop.abort()
  await ran
})

function start(reconcile: Reconcile, workers = 1): void {
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const metrics = createControllerMetrics(registry)
  ran = createController({ name: 'test', reconcile, log, queue, workers, metrics, clock }).run(stop.signal)
}
/** Lets the workers take what is ready. */
const settled = () => clock.advance(0)

test('each key is reconciled once and then left alone', async () => {
  const seen: string[] = []
  start(async (key) => void seen.push(key))
  queue.add('a')
  queue.add('b')
  await settled()
  await clock.advance(100_000)
  expect(seen).toEqual(['a', 'b'])
})

test('a result may ask for another look after some time', async () => {
  const times: number[] = []
  start(async () => {
    times.push(clock.now())
    return times.length === 1 ? { requeueAfterMs: 5000 } : undefined
  })
  queue.add('a')
  await settled()
  await clock.advance(60_000)
  expect(times).toEqual([0, 5000])
})

test.for([
  {
    name: 'a TerminalError is not tried again and logged as a warning',
    error: new TerminalError('DigestMismatch', 'the bytes are others'),
    times: [0],
    log: { level: 40, reason: 'DigestMismatch', msg: 'the bytes are others', key: 'a' },
    outcome: 'terminal',
  },
  {
    name: 'a WaitError comes back after its time and is no failure',
    error: new WaitError('WaitingForProfile', 7000, 'no profile "x" yet'),
    times: [0, 7000],
    log: { level: 30, reason: 'WaitingForProfile', msg: 'no profile "x" yet' },
    outcome: 'wait',
  },
  {
    name: 'a conflict is tried again and not logged as an error',
    error: new KubeError(409, 'Conflict', 'modified'),
    times: [0, 100],
    log: { level: 20 },
    outcome: 'conflict',
  },
  {
    name: 'any other error is tried again and logged as one',
    error: new Error('a bug'),
    times: [0, 100],
    log: { level: 50, key: 'a' },
    outcome: 'error',
  },
  {
    name: 'a server that asks for patience gets it',
    error: new KubeError(429, 'TooManyRequests', 'slow down', { retryAfterMs: 4000 }),
    times: [0, 4000],
    log: { level: 50 },
    outcome: 'error',
  },
])('$name', async ({ error, times, log, outcome }) => {
  const seen: number[] = []
  start(async () => {
    seen.push(clock.now())
    if (seen.length === 1) throw error
  })
  queue.add('a')
  await settled()
  await clock.advance(60_000)
  expect(seen).toEqual(times)
  expect(logged).toHaveLength(1)
  expect(logged[0]).toMatchObject(log)
  expect(await registry.metrics()).toContain(
    `patchswarm_reconcile_total{controller="test",outcome="${outcome}"} 1`,
  )
})

test('a success after failures makes the next failure a first one', async () => {
  const seen: number[] = []
  start(async () => {
    seen.push(clock.now())
    if (seen.length !== 3) throw new Error('a bug')
  })
  queue.add('a')
  await clock.advance(300)
  expect(seen).toEqual([0, 100, 300])
  queue.add('a')
  await clock.advance(100)
  expect(seen).toEqual([0, 100, 300, 300, 400])
})

test('several workers take several keys, but never one key at a time twice', async () => {
  const working: string[] = []
  const release = Promise.withResolvers<void>()
  start(async (key) => {
    working.push(key)
    await release.promise
  }, 3)
  for (const key of ['a', 'b', 'a']) queue.add(key)
  await settled()
  queue.add('a')
  await settled()
  expect(working).toEqual(['a', 'b'])
  release.resolve()
  await settled()
  expect(working).toEqual(['a', 'b', 'a'])
})

test('stopping waits for what is under way, tells it, and logs nothing about it', async () => {
  let ended = false
  start(async (_key, signal) => {
    await once(signal, 'abort')
    await new Promise((resolve) => setTimeout(resolve, 20))
    ended = true
    signal.throwIfAborted()
  })
  queue.add('a')
  queue.addAfter('b', 1000)
  await settled()
  stop.abort()
  await ran
  expect(ended).toBe(true)
  expect(logged).toEqual([])
  expect(clock.timers).toBe(0)
})

test('the reconcile that held the loop for longest before it waited is named, once', async () => {
  let now = 0
  const took: Record<string, number> = { 'ns/short': 10, 'ns/long': 150, 'ns/waits': 20 }
  const reconcile: Reconcile = async (key) => {
    now += took[key] ?? 0
    await settled()
    now += 1000
  }
  const metrics = createControllerMetrics(registry)
  const options = { name: 'test', workers: 3, reconcile, queue, metrics, log: pino({ level: 'silent' }) }
  ran = createController({ ...options, clock: { ...clock, now: () => now } }).run(stop.signal)
  for (const key of Object.keys(took)) queue.add(key)
  // Each has a turn of its own.
  for (const _ of Object.keys(took)) await settled()
  const shown = () => registry.getSingleMetricAsString('patchswarm_reconcile_longest_hold_seconds')
  expect(await shown()).toContain('{controller="test",key="ns/long"} 0.15')
  expect(await shown()).not.toContain('ns/')
})

test('keys that wait for nothing let everything else go first after ten milliseconds', async () => {
  let now = 0
  let reconciled = 0
  let before = Number.NaN
  const reconcile: Reconcile = async () => {
    now += 1
    reconciled += 1
    if (reconciled === 1) setImmediate(() => (before = reconciled))
  }
  const options = { name: 'test', reconcile, queue, log: pino({ level: 'silent' }) }
  ran = createController({ ...options, clock: { ...clock, now: () => now } }).run(stop.signal)
  for (let at = 0; at < 100; at++) queue.add(`key-${at}`)
  await vi.waitFor(() => expect(reconciled).toBe(100))
  expect(before).toBe(10)
})
