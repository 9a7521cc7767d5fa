// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Workers } from './workers.ts'

/** What Prometheus reads of an agent: counters are of this artifact's life on disk, so they outlive a restart. */
export function createMetrics(workers: Workers, peers: () => number, connected: () => boolean): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('patchswarm_agent_peers', 'Members of swarms that are connected', peers)
  gauge('patchswarm_agent_tracker_connected', '1 while the connection to the tracker stands', () =>
    Number(connected()),
  )
  gauge('patchswarm_agent_artifacts', 'Artifacts in the cache', () => workers.artifacts.size)
  gauge(
    'patchswarm_agent_artifacts_complete',
    'Artifacts of which every chunk is here',
    () => [...workers.artifacts.values()].filter(({ opened }) => opened?.complete).length,
  )
  new Counter({
    name: 'patchswarm_agent_received_bytes_total',
    help: 'Payload verified and stored, by where it came from',
    labelNames: ['artifact', 'source'],
    registers,
    collect() {
      this.reset()
      for (const { wish, opened } of workers.artifacts.values()) {
        if (opened === undefined) continue
        const { bytesFromOrigin, bytesFromPeers, bytesFromCache } = opened.counters
        this.inc({ artifact: wish.name, source: 'origin' }, bytesFromOrigin)
        this.inc({ artifact: wish.name, source: 'peers' }, bytesFromPeers)
        this.inc({ artifact: wish.name, source: 'cache' }, bytesFromCache)
      }
    },
  })
  new Counter({
    name: 'patchswarm_agent_peer_bytes_total',
    help: 'Verified payload that peers have sent since this process started, also what was stored already',
    labelNames: ['artifact'],
    registers,
    collect() {
      this.reset()
      for (const { wish, received } of workers.artifacts.values()) this.inc({ artifact: wish.name }, received)
    },
  })
  perArtifact(registry, workers, 'patchswarm_agent_sent_bytes_total', 'Payload sent to peers', 'bytesToPeers')
  perArtifact(
    registry,
    workers,
    'patchswarm_agent_origin_read_bytes_total',
    'Payload read from the origin, all tries together',
    'originBytesRead',
  )
  perArtifact(
    registry,
    workers,
    'patchswarm_agent_chunks_refused_total',
    'Chunks that were not what the manifest names',
    'chunksRefused',
  )
  return registry
}

function perArtifact(
  registry: Registry,
  workers: Workers,
  name: string,
  help: string,
  counter: 'bytesToPeers' | 'originBytesRead' | 'chunksRefused',
): void {
  new Counter({
    name,
    help,
    labelNames: ['artifact'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { wish, opened } of workers.artifacts.values()) {
        this.inc({ artifact: wish.name }, opened?.counters[counter] ?? 0)
      }
    },
  })
}
