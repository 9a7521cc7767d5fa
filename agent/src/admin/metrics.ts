// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Exchange } from '@patchswarm/swarm/exchange'
import type { NodeLimits } from '@patchswarm/swarm/limits'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type ArtifactNumbers, showArtifacts } from './artifact-metrics.ts'
import { type CacheNumbers, showCache } from './cache-metrics.ts'

/** What the metrics are read from, each time that Prometheus asks. */
export interface MetricsParts extends CacheNumbers {
  readonly info: { readonly version: string; readonly role: string; readonly profile: string }
  readonly workers: {
    readonly artifacts: ReadonlyMap<string, ArtifactNumbers>
    readonly deliveries: ReadonlyMap<string, { view(): { readonly state: string } }>
  }
  readonly exchange: Pick<Exchange, 'peerCount' | 'conduct'>
  readonly limits: Pick<NodeLimits, Direction>
  readonly trackerConnected: () => boolean
}

const directions = ['upload', 'download', 'origin'] as const
type Direction = (typeof directions)[number]

/** What Prometheus reads of an agent or seeder; docs/metrics.md says what each means. */
export function createMetrics(parts: MetricsParts): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  showNode(registry, parts)
  showCache(registry, parts)
  showConduct(registry, parts.exchange)
  showLimits(registry, parts.limits)
  showArtifacts(registry, parts.workers.artifacts)
  return registry
}

function showNode(registry: Registry, { info, workers, exchange, trackerConnected }: MetricsParts): void {
  const { artifacts, deliveries } = workers
  new Gauge({
    name: 'patchswarm_agent_info',
    help: 'Always 1: what this program is',
    labelNames: ['version', 'role', 'profile'],
    registers: [registry],
  }).set({ ...info }, 1)
  gauge(registry, 'patchswarm_agent_peers', 'Members of swarms that are connected', () => exchange.peerCount)
  gauge(registry, 'patchswarm_agent_tracker_connected', '1 while the connection to the tracker stands', () =>
    Number(trackerConnected()),
  )
  gauge(registry, 'patchswarm_agent_artifacts', 'Artifacts in the cache', () => artifacts.size)
  gauge(
    registry,
    'patchswarm_agent_artifacts_complete',
    'Artifacts of which every chunk is here',
    () => [...artifacts.values()].filter(({ opened }) => opened?.complete).length,
  )
  new Gauge({
    name: 'patchswarm_agent_deliveries',
    help: 'Deliveries that the tracker lists, by their state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset()
      for (const delivery of deliveries.values()) this.inc({ state: delivery.view().state })
    },
  })
}

function showConduct(registry: Registry, exchange: Pick<Exchange, 'conduct'>): void {
  counter(
    registry,
    'patchswarm_agent_strikes_total',
    'Times that a peer did what no honest peer does',
    () => exchange.conduct.strikes,
  )
  counter(
    registry,
    'patchswarm_agent_quarantines_total',
    'Times that a peer was put into quarantine',
    () => exchange.conduct.quarantines,
  )
  gauge(
    registry,
    'patchswarm_agent_quarantined_peers',
    'Peers that are in quarantine now',
    () => exchange.conduct.quarantined,
  )
}

function showLimits(registry: Registry, limits: Pick<NodeLimits, Direction>): void {
  new Gauge({
    name: 'patchswarm_agent_limit_bytes_per_second',
    help: 'Payload that the profile allows this node now; +Inf without a limit',
    labelNames: ['direction'],
    registers: [registry],
    collect() {
      for (const direction of directions) this.set({ direction }, limits[direction].rate)
    },
  })
  new Counter({
    name: 'patchswarm_agent_limited_seconds_total',
    help: 'Time in which something waited for that limit',
    labelNames: ['direction'],
    registers: [registry],
    collect() {
      this.reset()
      for (const direction of directions) this.inc({ direction }, limits[direction].limitedMs / 1000)
    },
  })
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

function counter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
