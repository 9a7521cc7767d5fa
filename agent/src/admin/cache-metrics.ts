// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Store } from '@patchswarm/swarm/store'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { CacheKeeper } from '../cache/cache-keeper.ts'

/** What the metrics of the cache are read from. */
export interface CacheNumbers {
  readonly store: Pick<Store, 'usage'>
  readonly keeper: Pick<CacheKeeper, 'limits' | 'evictions' | 'refusal'>
}

const reasons = ['Retention', 'Size', 'FreeSpace', 'Abandoned'] as const

/** Shows what the cache takes, may take and has given up. */
export function showCache(registry: Registry, { store, keeper }: CacheNumbers): void {
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name: `patchswarm_agent_cache_${name}`,
      help,
      registers: [registry],
      async collect() {
        // A disk that does not answer must not hide everything else.
        this.set(await Promise.resolve(read()).catch(() => Number.NaN))
      },
    })
  gauge('used_bytes', 'Disk that the cache takes', async () => (await store.usage()).usedBytes)
  gauge(
    'free_bytes',
    'Free bytes of the file system that the cache is on',
    async () => (await store.usage()).freeBytes,
  )
  gauge('limit_bytes', 'cache.maxSize of the profile, 0: none', () => keeper.limits.maxSize)
  gauge('free_floor_bytes', 'cache.minFree of the profile', () => keeper.limits.minFree)
  gauge('refused', '1 while the disk is less than cache.minSize', () => Number(keeper.refusal !== ''))
  new Counter({
    name: 'patchswarm_agent_cache_evictions_total',
    help: 'Artifacts that have left the cache while they were listed, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const reason of reasons) this.inc({ reason }, keeper.evictions.get(reason) ?? 0)
    },
  })
}
