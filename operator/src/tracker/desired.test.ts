// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { swarmOf } from '../swarm.ts'
import { input, work } from '../testing/desired-input.ts'
import {
  artifact,
  condition,
  digest,
  job,
  MiB,
  now,
  profile,
  readyArtifact,
  row,
} from '../testing/objects.ts'
import { desiredFor, groupBySwarm } from './desired.ts'

describe('an agent', () => {
  test('keeps the artifacts of its profile and fetches none without work', () => {
    const { artifacts, deliveries } = desiredFor(input())
    expect(deliveries).toEqual([])
    expect(artifacts).toEqual([
      {
        swarmId: swarmOf(readyArtifact()).id,
        name: 'patchswarm-system/patch',
        digest,
        chunkSize: 0,
        chunkStrategy: 'Fixed',
        size: 100 * MiB,
        cid: 'bafy',
        seeders: ['12D3Seeder'],
        wanted: false,
        suspended: false,
        spare: false,
      },
    ])
  })

  test('learns what its cache may take, and of which copies others hold enough', () => {
    const cache = {
      hostPath: '/c',
      minSize: '2Gi',
      maxSize: '10Gi',
      minFree: '1Gi',
      retentionDays: 2,
      minSeeders: 2,
    }
    const { key } = swarmOf(readyArtifact())
    const desired = desiredFor(input({ profile: profile({ cache }), spare: new Set([key]) }))
    expect(desired.artifacts).toMatchObject([{ spare: true }])
    expect(desired.cache).toEqual({
      minSize: 2 * 1024 * MiB,
      maxSize: 10 * 1024 * MiB,
      minFree: 1024 * MiB,
      retentionMs: 172_800_000,
    })
  })

  test('gets its work with all that it needs', () => {
    const owned = job({
      delivery: { method: 'Copy', directory: '/opt/patches/base', mode: '0755', owner: '1000:1000' },
    })
    const { artifacts, deliveries } = desiredFor(input({ work: [work({ job: owned })] }))
    expect(artifacts).toMatchObject([{ wanted: true, suspended: false }])
    expect(deliveries).toEqual([
      {
        id: 'uid-job/patch',
        job: 'patchswarm-system/job',
        swarmId: swarmOf(readyArtifact()).id,
        directory: '/opt/patches/base',
        fileName: 'patch.bin',
        mode: 0o755,
        owner: '1000:1000',
        method: 'Copy',
        series: '',
        keepVersions: 0,
        suspended: false,
      },
    ])
  })

  test('is told what a file is a version of, and how many stay', () => {
    const delivery = {
      method: 'Auto' as const,
      directory: '/opt/patches/base',
      mode: '0644',
      keepVersions: 2,
    }
    const version = artifact({ series: 'kernel' })
    const one = { ...work({ job: job({ delivery }) }), artifacts: [version] }
    expect(desiredFor(input({ work: [one] })).deliveries).toMatchObject([
      { series: 'patchswarm-system/kernel', keepVersions: 2 },
    ])
  })

  test('looks after what is to stay as it is, under the name of the try that brought it', () => {
    const kept = { ...work(), object: row('n1', { state: 'Delivered', attempt: 2 }) }
    const warm = work({ job: job({ delivery: { method: 'CacheOnly', mode: '0644' } }) })
    const desired = desiredFor(input({ work: [], kept: [kept, warm] }))
    expect(desired.guards).toEqual([
      { id: 'uid-job/patch/2', directory: '/opt/patches/base', fileName: 'patch.bin', digest },
    ])
    expect(desired.artifacts).toMatchObject([{ wanted: false }])
  })

  test('is to have ready what is written nowhere', () => {
    const warm = work({ job: job({ delivery: { method: 'CacheOnly', mode: '0644' } }) })
    const { artifacts, deliveries } = desiredFor(input({ work: [warm] }))
    expect(artifacts).toMatchObject([{ wanted: true }])
    expect(deliveries).toMatchObject([{ method: 'CacheOnly', directory: '' }])
  })

  test('pauses what only suspended jobs want', () => {
    const suspended = work({ job: job({ suspend: true }) })
    expect(desiredFor(input({ work: [suspended] })).artifacts).toMatchObject([
      { wanted: true, suspended: true },
    ])
    const both = desiredFor(input({ work: [suspended, work()] }))
    expect(both.artifacts).toMatchObject([{ wanted: true, suspended: false }])
    expect(both.deliveries).toMatchObject([{ suspended: true }, { suspended: false }])
  })

  test('rests outside the hours of a job that pauses then, whatever the job says of itself', () => {
    const hours = { start: '13:00', end: '14:00', timeZone: 'Etc/UTC' }
    const halted = job(
      { schedule: { windows: [hours], atWindowEnd: 'Pause' } },
      { conditions: [condition('Ready', 'FailureThresholdExceeded', 'False')] },
    )
    const suspendedAt = (time: string) =>
      desiredFor(input({ work: [work({ job: halted })], now: new Date(time) })).artifacts?.[0]?.suspended
    expect([suspendedAt('2026-11-21T12:59:59Z'), suspendedAt('2026-11-21T13:00:00Z')]).toEqual([true, false])
  })

  test('gets no work for a directory that the profile does not allow any more', () => {
    const moved = profile({ delivery: { allowedRoots: [{ path: '/srv' }] } })
    const { artifacts, deliveries } = desiredFor(input({ profile: moved, work: [work()] }))
    expect(deliveries).toEqual([])
    expect(artifacts).toMatchObject([{ wanted: false }])
  })

  test('is told that an artifact is not the file of its digest, unless it may come from elsewhere', () => {
    const wrong = artifact({}, { conditions: [condition('Stalled', 'DigestMismatch')] }, 'a')
    const told = (...group: ReturnType<typeof artifact>[]) =>
      desiredFor(input({ swarms: groupBySwarm(group) })).artifacts?.[0]?.failure
    expect(told(wrong)).toBe('DigestMismatch')
    expect(told(wrong, artifact({}, undefined, 'b'))).toBeUndefined()
    expect(told({ ...wrong, metadata: { ...wrong.metadata, generation: 2 } })).toBeUndefined()
  })

  test('is told how large an artifact is while it is still read', () => {
    const read = artifact({}, { conditions: [condition('Ready', 'Ingesting', 'False')], size: 7 })
    expect(desiredFor(input({ swarms: groupBySwarm([read]) })).artifacts).toMatchObject([
      { size: 7, cid: '' },
    ])
  })

  test('is told the limits of its profile', () => {
    const limited = profile({ bandwidth: { upload: '8Mbit', yield: false, windows: [] } })
    expect(desiredFor(input({ profile: limited })).bandwidth).toEqual({
      rates: { upload: 1e6 },
      windows: [],
      yield: false,
    })
  })

  test('holds one copy of two artifacts that are the same bytes', () => {
    const { artifacts } = desiredFor(
      input({ swarms: groupBySwarm([artifact({}, undefined, 'b'), readyArtifact('a')]) }),
    )
    expect(artifacts).toMatchObject([{ name: 'patchswarm-system/a', cid: 'bafy' }])
  })

  test.for([
    { name: 'a disabled profile', going: profile({ enabled: false }) },
    {
      name: 'a profile that is being deleted',
      going: { ...profile(), metadata: { ...profile().metadata, deletionTimestamp: now.toISOString() } },
    },
  ])('empties its cache under $name', ({ going }) => {
    expect(desiredFor(input({ profile: going, work: [work()] }))).toMatchObject({
      wipe: true,
      artifacts: [],
      deliveries: [],
    })
  })
})

describe('a seeder', () => {
  test('has no limits for its cache: what leaves it would be read from the origin again', () => {
    const { artifacts, cache } = desiredFor(input({ role: 'seeder' }))
    expect(cache).toBeUndefined()
    expect(artifacts).not.toHaveProperty('[0].spare')
  })
})
