// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type ControllerMetrics,
  createControllerMetrics,
  createInformerMetrics,
  type InformerMetrics,
} from '@patchswarm/kube'
import type { TrackerServer } from '@patchswarm/swarm/tracker'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export interface OperatorMetrics {
  readonly registry: Registry
  readonly informers: InformerMetrics
  readonly controllers: ControllerMetrics
  /** From now on leadership and the tracker's clients are shown. */
  showTracker(tracker: Pick<TrackerServer, 'clients' | 'onReport'>, isLeader: () => boolean): void
}

/** Seconds: a pause of the collector delays everything else as a long reconcile does. */
const gcPauses = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]

/** All that Prometheus reads of the operator; docs/metrics.md says what each means. */
export function createMetrics(): OperatorMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, gcDurationBuckets: gcPauses })
  return {
    registry,
    informers: createInformerMetrics(registry),
    controllers: createControllerMetrics(registry),
    showTracker: (tracker, isLeader) => showTracker(registry, tracker, isLeader),
  }
}

function showTracker(
  registry: Registry,
  tracker: Pick<TrackerServer, 'clients' | 'onReport'>,
  isLeader: () => boolean,
): void {
  new Gauge({
    name: 'patchswarm_operator_leader',
    help: '1 on the replica that leads.',
    registers: [registry],
    collect() {
      this.set(isLeader() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'patchswarm_operator_tracker_clients',
    help: 'Agents and seeders that are connected to the tracker.',
    labelNames: ['profile', 'role'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { identity } of tracker.clients())
        this.inc({ profile: identity.profile, role: identity.role })
    },
  })
  const reports = new Counter({
    name: 'patchswarm_operator_tracker_reports_total',
    help: 'Reports that agents and seeders have sent.',
    registers: [registry],
  })
  tracker.onReport(() => reports.inc())
}
