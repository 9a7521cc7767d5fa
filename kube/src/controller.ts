// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Clock, systemClock } from './clock.ts'
import type { ControllerMetrics, Outcome } from './controller-metrics.ts'
import { isConflict, KubeError } from './kube-error.ts'
import { TerminalError, WaitError } from './outcome.ts'
import { createQueue, type Queue } from './queue.ts'
import type { Key, ReconcileResult } from './types.ts'

/** To be awaited between two long pieces of a decision: lets everything else of the process go first. */
export type GiveWay = () => Promise<void>

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
  const { name, metrics, workers = 1, queue = createQueue() } = options
  return {
    name,
    queue,
    async run(signal) {
      const hide = metrics?.showQueue(name, () => queue.length)
      try {
        await Promise.all(Array.from({ length: workers }, () => work(options, queue, signal)))
      } finally {
        hide?.()
        queue.stop()
      }
    },
  }
}

async function work(options: ControllerOptions, queue: Queue, signal: AbortSignal): Promise<void> {
  const { name, reconcile, metrics, clock = systemClock } = options
  for (;;) {
    const key = await queue.take(signal)
    if (key === undefined) return
    const startedAt = clock.now()
    const heldSince = (began: number) => metrics?.held(name, key, (clock.now() - began) / 1000)
    const giveWay = async () => {
      await setImmediate()
      const began = clock.now()
      // Once the reconcile waits again: ticks come after promises.
      process.nextTick(() => heldSince(began))
    }
    const run = () => {
      const ended = reconcile(key, signal, giveWay)
      heldSince(startedAt)
      return ended
    }
    try {
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
