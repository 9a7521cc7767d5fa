// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { ArtifactTenant } from './artifact-tenant.ts'
import { CacheKeeper } from './cache-keeper.ts'

const log = pino({ level: 'silent' })
const key = '01'.repeat(32)
const counters = { bytesToPeers: 0, chunksVerified: 0 }

test.for<{ name: string; role: 'agent' | 'seeder'; goes: boolean }>([
  { name: 'is given up by an agent', role: 'agent', goes: true },
  { name: 'stays with a seeder, which has read it once', role: 'seeder', goes: false },
])('a part that nobody has wanted for an hour $name', async ({ role, goes }) => {
  const drop = vi.fn(async () => true)
  const tenant = new ArtifactTenant({
    role,
    wish: () =>
      ({ swarmId: Buffer.from(key, 'hex'), name: 'test/file', wanted: false }) as unknown as Artifact,
    opened: () => ({ complete: false, chunksHeld: 1, usedAt: 0, counters }) as unknown as StoredArtifact,
    stuck: () => false,
    onRoom() {},
    drop,
    reopen: async () => {},
  })
  const usages = [{ usedBytes: 5, freeBytes: 5, byArtifact: new Map([[key, 5]]), lost: [] }]
  const keeper = new CacheKeeper({
    store: { usage: async () => usages.shift() ?? Promise.reject(new Error('asked for no more')) },
    tenants: () => [tenant],
    besideCache: () => new Map(),
    live: () => true,
    onChange() {},
    log,
    now: () => 3_600_000,
  })
  await keeper.sweep()
  await keeper.stop()
  expect(drop).toHaveBeenCalledTimes(goes ? 1 : 0)
})
