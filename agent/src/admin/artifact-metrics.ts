// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { SwarmStatistics } from '@patchswarm/swarm/exchange'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import { Counter, Gauge, type Registry } from 'prom-client'

/** One artifact as its metrics see it. */
export interface ArtifactNumbers {
  readonly wish: { readonly name: string; readonly size: number; readonly wanted: boolean }
  readonly opened: Pick<StoredArtifact, 'complete' | 'counters' | 'bytesHeld' | 'manifest'> | undefined
  /** Undefined while this node is not in its swarm. */
  readonly swarm: SwarmStatistics | undefined
}

type Read = (artifact: ArtifactNumbers) => number | undefined
type Row = readonly [name: string, help: string, read: Read]

/** Kept with the artifact, so that they outlive a restart, but for the three of the swarm that this node is in. */
const counters: readonly Row[] = [
  [
    'patchswarm_agent_peer_bytes_total',
    'Verified payload that peers have sent since this node joined the swarm, also what was stored already',
    ({ swarm }) => swarm?.bytesDown,
  ],
  [
    'patchswarm_agent_other_site_bytes_total',
    'Of these, payload of peers in other sites',
    ({ swarm }) => swarm?.bytesAcross,
  ],
  [
    'patchswarm_agent_chunks_duplicate_total',
    'Verified chunks that peers have sent since this node joined the swarm and that were stored already',
    ({ swarm }) => swarm?.chunksDuplicate,
  ],
  [
    'patchswarm_agent_sent_bytes_total',
    'Payload sent to members of its swarm, without what others read by bitswap',
    ({ opened }) => opened?.counters.bytesToPeers,
  ],
  [
    'patchswarm_agent_origin_read_bytes_total',
    'Payload read from the origin, all tries together',
    ({ opened }) => opened?.counters.originBytesRead,
  ],
  [
    'patchswarm_agent_chunks_verified_total',
    'Chunks that were what the manifest names, but for those that a seeder reads of the origin',
    ({ opened }) => opened?.counters.chunksVerified,
  ],
  [
    'patchswarm_agent_chunks_refused_total',
    'Chunks of peers or the cache that were not what the manifest names',
    ({ opened }) => opened?.counters.chunksRefused,
  ],
]

const gauges: readonly Row[] = [
  [
    'patchswarm_agent_artifact_size_bytes',
    'Size of the artifact, 0 while it is not known',
    ({ opened, wish }) => opened?.manifest?.size ?? wish.size,
  ],
  [
    'patchswarm_agent_artifact_held_bytes',
    'Bytes of it that are here, hashed',
    ({ opened }) => opened?.bytesHeld,
  ],
  [
    'patchswarm_agent_artifact_wanted',
    '1 while a delivery or the seeder needs the whole',
    ({ wish }) => Number(wish.wanted),
  ],
  ['patchswarm_agent_artifact_peers', 'Members of its swarm that are connected', ({ swarm }) => swarm?.peers],
  [
    'patchswarm_agent_artifact_useful_peers',
    'Of these, those that have a chunk which is lacking here, or deal',
    ({ swarm }) => swarm?.usefulPeers,
  ],
  [
    'patchswarm_agent_chunks_to_send',
    'Chunks accepted or dealt to peers that have not arrived there',
    ({ swarm }) => swarm?.chunksToSend,
  ],
  [
    'patchswarm_agent_chunks_in_flight',
    'Chunks asked of peers or being dealt to this node that are not whole',
    ({ swarm }) => swarm?.chunksInFlight,
  ],
  [
    'patchswarm_agent_chunks_verifying',
    'Chunks that are whole and being hashed or written',
    ({ swarm }) => swarm?.chunksVerifying,
  ],
]

/** Shows each artifact under its name in the API. */
export function showArtifacts(registry: Registry, artifacts: { values(): Iterable<ArtifactNumbers> }): void {
  const labelled = { labelNames: ['artifact'], registers: [registry] }
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      ...labelled,
      collect() {
        this.reset()
        for (const one of artifacts.values()) this.inc({ artifact: one.wish.name }, read(one) ?? 0)
      },
    })
  }
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      ...labelled,
      collect() {
        this.reset()
        for (const one of artifacts.values()) this.set({ artifact: one.wish.name }, read(one) ?? 0)
      },
    })
  }
  showSources(registry, artifacts)
}

function showSources(registry: Registry, artifacts: { values(): Iterable<ArtifactNumbers> }): void {
  new Counter({
    name: 'patchswarm_agent_received_bytes_total',
    help: 'Payload verified and stored, by where it came from',
    labelNames: ['artifact', 'source'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { wish, opened } of artifacts.values()) {
        if (opened === undefined) continue
        const { bytesFromOrigin, bytesFromPeers, bytesFromCache } = opened.counters
        this.inc({ artifact: wish.name, source: 'origin' }, bytesFromOrigin)
        this.inc({ artifact: wish.name, source: 'peers' }, bytesFromPeers)
        this.inc({ artifact: wish.name, source: 'cache' }, bytesFromCache)
      }
    },
  })
}
