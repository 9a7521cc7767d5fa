// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Key } from './types.ts'

export type Outcome = 'done' | 'wait' | 'terminal' | 'conflict' | 'error'

export interface ControllerMetrics {
  reconciled(controller: string, outcome: Outcome, seconds: number): void
  /** For so long nothing else could run: from the start of a reconcile, or since it gave way, until it waited. */
  held(controller: string, key: Key, seconds: number): void
  showQueue(controller: string, length: () => number): () => void
}

export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const queues = new Map<string, () => number>()
  const registers = [registry]
  const reconciles = new Counter({
    name: 'patchswarm_reconcile_total',
    help: 'Reconciles by outcome: done, wait (something else first), terminal (the spec must change), conflict (read again), error (tried again).',
    labelNames: ['controller', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'patchswarm_reconcile_duration_seconds',
    help: 'How long a reconcile took.',
    labelNames: ['controller'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  })
  const longest = new Map<string, { key: Key; seconds: number }>()
  new Gauge({
    name: 'patchswarm_reconcile_longest_hold_seconds',
    help: 'The reconcile that kept the event loop to itself for longest since this was read last: how long, and of which object.',
    labelNames: ['controller', 'key'],
    registers,
    collect() {
      this.reset()
      for (const [controller, { key, seconds }] of longest) this.set({ controller, key }, seconds)
      longest.clear()
    },
  })
  new Gauge({
    name: 'patchswarm_queue_length',
    help: 'Keys that wait for a worker.',
    labelNames: ['controller'],
    registers,
    collect() {
      this.reset()
      for (const [controller, length] of queues) this.set({ controller }, length())
    },
  })
  return {
    reconciled(controller, outcome, seconds) {
      reconciles.inc({ controller, outcome })
      duration.observe({ controller }, seconds)
    },
    held(controller, key, seconds) {
      if (seconds > (longest.get(controller)?.seconds ?? 0)) longest.set(controller, { key, seconds })
    },
    showQueue(controller, length) {
      queues.set(controller, length)
      return () => {
        if (queues.get(controller) === length) queues.delete(controller)
      }
    },
  }
}
