// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TrackerServer } from '@patchswarm/swarm/tracker'
import { Gauge, type Registry } from 'prom-client'

/** Metrics of the operator's own beside those of the controller runtime. */
export function showTracker(registry: Registry, tracker: TrackerServer, isLeader: () => boolean): void {
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
}
