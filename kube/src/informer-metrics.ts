// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { Counter, Gauge, type Registry } from 'prom-client'

export interface InformerState {
  /** Seconds since the API server last said anything about this kind; undefined before the first list. */
  ageSeconds(): number | undefined
  size(): number
}

export interface InformerMetrics {
  /** Shows the state until the returned function is called. */
  show(kind: string, state: InformerState): () => void
  restarted(kind: string, reason: string): void
  listed(kind: string): void
}

export function createInformerMetrics(registry: Registry): InformerMetrics {
  const states = new Map<string, InformerState>()
  const registers = [registry]
  new Gauge({
    name: 'patchswarm_informer_staleness_seconds',
    help: 'Time since the API server last said anything about this kind (list, event or bookmark); a healthy watch hears a bookmark about every minute.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      for (const [kind, state] of states) {
        const age = state.ageSeconds()
        if (age !== undefined) this.set({ kind }, age)
      }
    },
  })
  new Gauge({
    name: 'patchswarm_informer_objects',
    help: 'Objects in the cache.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      for (const [kind, state] of states) this.set({ kind }, state.size())
    },
  })
  const restarts = new Counter({
    name: 'patchswarm_informer_restarts_total',
    help: 'Lists and watches that failed and were started again, by the reason of the failure.',
    labelNames: ['kind', 'reason'],
    registers,
  })
  const lists = new Counter({
    name: 'patchswarm_informer_lists_total',
    help: 'Complete lists read: one at the start, and one whenever the watch could not be resumed.',
    labelNames: ['kind'],
    registers,
  })
  return {
    show(kind, state) {
      states.set(kind, state)
      return () => {
        if (states.get(kind) === state) states.delete(kind)
      }
    },
    restarted: (kind, reason) => restarts.inc({ kind, reason }),
    listed: (kind) => lists.inc({ kind }),
  }
}
