// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type Outcome = 'done' | 'wait' | 'terminal' | 'conflict' | 'error'

export interface ControllerMetrics {
  reconciled(controller: string, outcome: Outcome, seconds: number): void
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
    showQueue(controller, length) {
      queues.set(controller, length)
      return () => {
        if (queues.get(controller) === length) queues.delete(controller)
      }
    },
  }
}
