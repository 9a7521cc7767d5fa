// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { RootCheck } from '@patchswarm/swarm/delivery'
import type { ReportInit } from '@patchswarm/swarm/tracker'
import type { ArtifactWorker } from '../artifact/artifact-worker.ts'
import type { CacheKeeper } from '../cache/cache-keeper.ts'
import type { DeliveryWorker } from '../delivery/delivery-worker.ts'

/** Everything a report says, gathered at one moment. */
export interface Holdings {
  desiredRevision: number
  artifacts: Iterable<ArtifactWorker>
  deliveries: Iterable<DeliveryWorker>
  keeper: Pick<CacheKeeper, 'usage' | 'limits' | 'refusal' | 'copyOf'>
  roots: readonly RootCheck[]
  wiped: boolean
  changed: string[]
  peers: number
}

/** Cumulative full state: what is held and done, not what has changed. */
export function buildReport(holdings: Holdings): ReportInit {
  return {
    desiredRevision: holdings.desiredRevision,
    artifacts: [...holdings.artifacts].map((worker) => ({
      ...reportArtifact(worker),
      ...holdings.keeper.copyOf(worker.tenant),
    })),
    deliveries: [...holdings.deliveries].map(reportDelivery),
    cache: cacheReport(holdings.keeper),
    roots: [...holdings.roots],
    wiped: holdings.wiped,
    changed: holdings.changed,
    peers: holdings.peers,
  }
}

function cacheReport({ usage, limits, refusal }: Holdings['keeper']): NonNullable<ReportInit['cache']> {
  const { usedBytes, freeBytes } = usage
  return { usedBytes, freeBytes, maxBytes: limits.maxSize, refusal }
}

/** One artifact for a reader of /state: no swarm ID, names and numbers only. */
export function describeArtifact(worker: ArtifactWorker): object {
  const { swarmId: _, ...report } = reportArtifact(worker)
  const { name, digest } = worker.wish
  return { name, digest, ...report }
}

function reportArtifact(worker: ArtifactWorker): ReportInit['artifacts'][number] {
  const { wish, opened, account } = worker
  const manifest = opened?.manifest
  const outline = manifest ?? opened?.growing
  return {
    swarmId: wish.swarmId,
    ...account.view(),
    ...(opened && { ...opened.counters, chunksHeld: opened.chunksHeld }),
    ...(outline && { chunkSize: outline.chunkSize, chunksTotal: opened?.chunks ?? 0 }),
    ...(manifest && { cid: manifest.cid }),
    sources: account.sources(),
    ...account.signature,
    ...account.reading(),
    // A seeder's manifest is complete only when the whole had the digest of the spec.
    sha256: opened?.complete && wish.digest ? wish.digest.replace(/^sha256:/, '') : account.foundSha256,
    readBy: account.readBy,
  }
}

function reportDelivery(worker: DeliveryWorker): ReportInit['deliveries'][number] {
  const { bytes, ...view } = worker.view()
  return { ...view, bytesFromOrigin: bytes.origin, bytesFromPeers: bytes.peers, bytesFromCache: bytes.cache }
}
