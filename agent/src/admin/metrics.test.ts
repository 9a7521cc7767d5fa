// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SwarmStatistics } from '@patchswarm/swarm/exchange'
import { NodeLimits } from '@patchswarm/swarm/limits'
import { openStore, type Store } from '@patchswarm/swarm/store'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ArtifactNumbers } from './artifact-metrics.ts'
import { createMetrics, type MetricsParts } from './metrics.ts'

const log = pino({ level: 'silent' })
const file = Buffer.from('a file of two chunks')
const chunkSize = 16

let directory: string
let store: Store
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patchswarm-metrics-'))
  store = await openStore(directory, { log })
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})

const swarm: SwarmStatistics = {
  peers: 7,
  usefulPeers: 5,
  rateDown: 0,
  rateUp: 0,
  bytesDown: 99,
  bytesAcross: 40,
  bytesUp: 0,
  chunksRefused: 0,
  chunksDuplicate: 3,
  chunksToSend: 2,
  chunksInFlight: 4,
  chunksVerifying: 1,
  suspended: false,
  dealing: false,
  lastRefusal: undefined,
}

const keeper = {
  limits: { minSize: 0, maxSize: 5000, minFree: 300, retentionMs: 0 },
  evictions: new Map([['Retention' as const, 2]]),
  refusal: '',
}

const wish = { name: 'patches/linux', size: 0, wanted: true }

/** The samples that Prometheus gets, by name and labels. */
async function samples(parts: Partial<MetricsParts> & { artifact?: ArtifactNumbers }) {
  const artifacts = new Map(parts.artifact ? [['key', parts.artifact]] : [])
  const registry = createMetrics({
    info: { version: '1.2.3', role: 'agent', profile: 'edge' },
    workers: { artifacts, deliveries: new Map() },
    exchange: { peerCount: 9, conduct: { strikes: 5, quarantines: 2, quarantined: 1 } },
    store,
    limits: new NodeLimits(log),
    keeper,
    trackerConnected: () => true,
    ...parts,
  })
  const lines = (await registry.metrics()).matchAll(/^(patchswarm_agent_)(.*) (\S+)$/gm)
  return new Map([...lines].map(([, , name = '', value = '']) => [name, Number(value)]))
}

test('what was verified, refused and stored of an artifact is shown with where it came from', async () => {
  const opened = await store.open(createHash('sha256').update('swarm').digest())
  const ingest = await opened.beginIngest(file.length, chunkSize)
  await ingest.write(file)
  const { manifest } = await ingest.finish(undefined)

  const other = await store.open(createHash('sha256').update('another').digest())
  await other.setManifest(manifest)
  await other.writeChunk(0, file.subarray(0, chunkSize), 'peers')
  await other.writeChunk(0, file.subarray(0, chunkSize), 'peers')
  await expect(other.writeChunk(1, Buffer.from('xxxx'), 'peers')).rejects.toThrow()
  other.counters.bytesToPeers = 12

  const shown = await samples({ artifact: { wish, opened: other, swarm } })
  expect(Object.fromEntries([...shown].filter(([name]) => name.includes('patches/linux')))).toEqual({
    'received_bytes_total{artifact="patches/linux",source="origin"}': 0,
    'received_bytes_total{artifact="patches/linux",source="peers"}': 16,
    'received_bytes_total{artifact="patches/linux",source="cache"}': 0,
    'peer_bytes_total{artifact="patches/linux"}': 99,
    'other_site_bytes_total{artifact="patches/linux"}': 40,
    'sent_bytes_total{artifact="patches/linux"}': 12,
    'origin_read_bytes_total{artifact="patches/linux"}': 0,
    'chunks_verified_total{artifact="patches/linux"}': 2,
    'chunks_refused_total{artifact="patches/linux"}': 1,
    'chunks_duplicate_total{artifact="patches/linux"}': 3,
    'artifact_size_bytes{artifact="patches/linux"}': 20,
    'artifact_held_bytes{artifact="patches/linux"}': 16,
    'artifact_wanted{artifact="patches/linux"}': 1,
    'artifact_peers{artifact="patches/linux"}': 7,
    'artifact_useful_peers{artifact="patches/linux"}': 5,
    'chunks_to_send{artifact="patches/linux"}': 2,
    'chunks_in_flight{artifact="patches/linux"}': 4,
    'chunks_verifying{artifact="patches/linux"}': 1,
  })
  expect(shown.get('artifacts')).toBe(1)
  expect(shown.get('artifacts_complete')).toBe(0)
})

test('an artifact that is not opened yet, and in no swarm, is shown with zeros and the size that was wished', async () => {
  const shown = await samples({
    artifact: { wish: { ...wish, size: 4096 }, opened: undefined, swarm: undefined },
  })
  expect(shown.get('artifact_size_bytes{artifact="patches/linux"}')).toBe(4096)
  expect(shown.get('artifact_held_bytes{artifact="patches/linux"}')).toBe(0)
  expect(shown.get('artifact_peers{artifact="patches/linux"}')).toBe(0)
})

test('the node itself is shown: who it is, its peers, strikes, deliveries and disk', async () => {
  const delivery = (state: string) => ({ view: () => ({ state }) })
  const deliveries = new Map([
    ['1', delivery('Fetching')],
    ['2', delivery('Fetching')],
    ['3', delivery('Failed')],
  ])
  const shown = await samples({ workers: { artifacts: new Map(), deliveries } })
  expect(shown.get('info{version="1.2.3",role="agent",profile="edge"}')).toBe(1)
  expect(shown.get('peers')).toBe(9)
  expect(shown.get('tracker_connected')).toBe(1)
  expect(shown.get('strikes_total')).toBe(5)
  expect(shown.get('quarantines_total')).toBe(2)
  expect(shown.get('quarantined_peers')).toBe(1)
  expect(shown.get('deliveries{state="Fetching"}')).toBe(2)
  expect(shown.get('deliveries{state="Failed"}')).toBe(1)
  expect(shown.get('cache_used_bytes')).toBe((await store.usage()).usedBytes)
  expect(shown.get('cache_limit_bytes')).toBe(5000)
  expect(shown.get('cache_free_floor_bytes')).toBe(300)
  expect(shown.get('cache_refused')).toBe(0)
  expect(shown.get('cache_evictions_total{reason="Retention"}')).toBe(2)
  expect(shown.get('cache_evictions_total{reason="Size"}')).toBe(0)
  expect(shown.get('cache_free_bytes')).toBeGreaterThan(0)
})

test('a disk that does not answer hides nothing else', async () => {
  const shown = await samples({ store: { usage: () => Promise.reject(new Error('EIO')) } })
  expect(shown.get('cache_used_bytes')).toBeNaN()
  expect(shown.get('peers')).toBe(9)
})

test('counters are read anew each time, not added up', async () => {
  const registry = createMetrics({
    info: { version: '1', role: 'agent', profile: 'edge' },
    workers: { artifacts: new Map([['key', { wish, opened: undefined, swarm }]]), deliveries: new Map() },
    exchange: { peerCount: 0, conduct: { strikes: 5, quarantines: 0, quarantined: 0 } },
    store,
    limits: new NodeLimits(log),
    keeper,
    trackerConnected: () => false,
  })
  await registry.metrics()
  const again = await registry.metrics()
  expect(again).toContain('\npatchswarm_agent_strikes_total 5\n')
  expect(again).toContain('\npatchswarm_agent_peer_bytes_total{artifact="patches/linux"} 99\n')
})

test('limits are shown by direction, with how long something waited for them', async () => {
  const limits = new NodeLimits(log)
  limits.set({ rates: { upload: 15_000, origin: 1500 }, windows: [] })
  void limits.upload.take(10_000)
  void limits.upload.take(1)
  const shown = await samples({ limits })
  expect(shown.get('limit_bytes_per_second{direction="upload"}')).toBe(14_480)
  expect(shown.get('limit_bytes_per_second{direction="origin"}')).toBe(1448)
  expect(shown.get('limit_bytes_per_second{direction="download"}')).toBeNaN()
  expect(shown.get('limited_seconds_total{direction="upload"}')).toBeGreaterThan(0)
  expect(shown.get('limited_seconds_total{direction="origin"}')).toBe(0)
  limits.stop()
})
