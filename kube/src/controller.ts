// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Logger } from 'pino'
import { type Clock, systemClock } from './clock.ts'
import type { ControllerMetrics, Outcome } from './controller-metrics.ts'
import { isConflict, KubeError } from './kube-error.ts'
import { TerminalError, WaitError } from './outcome.ts'
import { createQueue, type Queue } from './queue.ts'
import { createSlices, type GiveWay, type Slices } from './slices.ts'
import type { Key, ReconcileResult } from './types.ts'

// biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that wants nothing more returns nothing.
export type Reconcile = (key: Key, signal: AbortSignal, giveWay: GiveWay) => Promise<ReconcileResult | void>

export interface ControllerOptions {
  name: string
  reconcile: Reconcile
  log: Logger
  /** Where the informers' listeners add keys; one of its own when left out. */
  queue?: Queue
  /** Keys worked on at a time, default 1. */
  workers?: number
  metrics?: ControllerMetrics
  clock?: Clock
}

export interface Controller {
  readonly name: string
  readonly queue: Queue
  /** Works until the signal is aborted; resolves when the last reconcile has ended. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Runs `reconcile` for the keys of the queue. A thrown TerminalError is not tried again, WaitError comes back after its
 * time, anything else after a growing delay. Errors are logged here and nowhere else.
 */
export function createController(options: ControllerOptions): Controller {
  const { name, metrics, workers = 1, queue = createQueue(), clock = systemClock } = options
  const slices = createSlices(clock, (key, ms) => metrics?.held(name, key, ms / 1000))
  return {
    name,
    queue,
    async run(signal) {
      const hide = metrics?.showQueue(name, () => queue.length)
      try {
        await Promise.all(Array.from({ length: workers }, () => work(options, queue, slices, signal)))
      } finally {
        hide?.()
        queue.stop()
      }
    },
  }
}

async function work(
  options: ControllerOptions,
  queue: Queue,
  slices: Slices,
  signal: AbortSignal,
): Promise<void> {
  const { name, reconcile, metrics, clock = systemClock } = options
  for (;;) {
    const key = await queue.take(signal)
    if (key === undefined) return
    const giveWay = () => slices.giveWay(key)
    // Thousands of keys may be taken one after the other without any of them waiting for something.
    const othersFirst = giveWay()
    if (othersFirst !== undefined) await othersFirst
    const startedAt = clock.now()
    try {
      const run = () => reconcile(key, signal, giveWay)
      const outcome = await attempt(options, queue, key, run, signal)
      if (outcome) metrics?.reconciled(name, outcome, (clock.now() - startedAt) / 1000)
    } finally {
      queue.done(key)
    }
  }
}

async function attempt(
  { log, name }: ControllerOptions,
  queue: Queue,
  key: Key,
  // biome-ignore lint/suspicious/noConfusingVoidType: see Reconcile.
  run: () => Promise<ReconcileResult | void>,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  try {
    const result = await run()
    queue.forget(key)
    if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs)
    return 'done'
  } catch (error) {
    // Stopping: whatever broke off is taken up by the next leader.
    if (signal.aborted) return undefined
    return handleFailure(error, queue, key, log.child({ controller: name, key }))
  }
}

function handleFailure(error: unknown, queue: Queue, key: Key, log: Logger): Outcome {
  if (error instanceof TerminalError) {
    queue.forget(key)
    log.warn({ reason: error.reason }, error.message)
    return 'terminal'
  }
  if (error instanceof WaitError) {
    queue.forget(key)
    queue.addAfter(key, error.afterMs)
    log.info({ reason: error.reason, afterMs: error.afterMs }, error.message)
    return 'wait'
  }
  queue.addRateLimited(key, error instanceof KubeError ? error.retryAfterMs : undefined)
  if (isConflict(error)) {
    log.debug({ err: error }, 'somebody else wrote in between: decided again from a fresh read')
    return 'conflict'
  }
  log.error({ err: error, failures: queue.failures(key) }, 'reconcile failed and is tried again')
  return 'error'
}
