// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { swarmOf } from '../swarm.ts'
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
import { type DesiredInput, desiredFor, groupBySwarm, type Work } from './desired.ts'

const work = (over: Partial<Work> = {}): Work => ({
  object: row('n1'),
  job: job(),
  artifacts: [readyArtifact()],
  ...over,
})
const input = (over: Partial<DesiredInput> = {}): DesiredInput => ({
  role: 'agent',
  profile: profile(),
  swarms: groupBySwarm([readyArtifact()]),
  work: [],
  seeders: ['12D3Seeder'],
  secrets: () => undefined,
  ...over,
})

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

  test('is told of the origin only by a profile that lets it read there', () => {
    const origin: P2PProfile['spec']['origin'] = {
      access: 'Seeders',
      perSite: false,
      fallback: 'AfterStall',
      stallSeconds: 30,
      allowedDomains: ['example.com'],
      tlsMinVersion: '1.3',
    }
    const clusterNetworks = ['10.96.0.0/12']
    const reading = input({ profile: profile({ origin }), clusterNetworks })
    const { artifacts, originAccess } = desiredFor({ ...reading, work: [work()] })
    expect(originAccess).toEqual({ allowedDomains: ['example.com'], tlsMinVersion: '1.3', clusterNetworks })
    expect(desiredFor(input({ clusterNetworks })).originAccess).toBeUndefined()
    expect(desiredFor(reading).artifacts?.[0]?.origin).toBeUndefined()
    expect(artifacts?.[0]?.origin).toMatchObject({
      sources: [{ url: expect.stringMatching(/^https?:/) }],
      afterStallMs: 30_000,
    })
  })

  describe('where agents read', () => {
    const origin = { ...profile().spec.origin, access: 'Agents' as const }
    const readers = new Map([[swarmOf(artifact()).key, ['12D3Reader']]])
    const swarms = groupBySwarm([artifact({ size: 5 })])
    const desired = (peerId: string) =>
      desiredFor(input({ profile: profile({ origin }), swarms, work: [], readers, peerId }))

    test('reads when it was elected to, and has the artifact for that', () => {
      const { artifacts, originAccess } = desired('12D3Reader')
      const sources = [{ url: 'http://origin/patch.bin' }]
      expect(artifacts).toMatchObject([{ wanted: true, origin: { sources, reads: true, afterStallMs: 0 } }])
      expect(originAccess).toBeDefined()
    })

    test('is not told where the origin is when others were', () => {
      const { artifacts, originAccess } = desired('12D3Another')
      expect(artifacts).toMatchObject([{ wanted: false }])
      expect(artifacts?.[0]?.origin).toBeUndefined()
      expect(originAccess).toBeUndefined()
    })

    test.for([
      { name: 'signs', signs: true, is: ['12D3Reader'] },
      { name: 'leaves that to another one', signs: false, is: [] },
    ])('a seeder reads nothing and $name', ({ signs, is }) => {
      const { artifacts } = desiredFor(
        input({ role: 'seeder', profile: profile({ origin }), swarms, readers, signs }),
      )
      expect(artifacts).toMatchObject([{ wanted: true, collects: true, readers: is }])
    })
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
  const asSeeder = (one: ReturnType<typeof artifact>) =>
    desiredFor(input({ role: 'seeder', swarms: groupBySwarm([one]) }))

  test('is told where to read', () => {
    expect(asSeeder(artifact({ size: 5 })).artifacts).toMatchObject([
      {
        wanted: true,
        cid: '',
        size: 5,
        origin: { sources: [{ url: 'http://origin/patch.bin' }], expectedSize: 5 },
      },
    ])
  })

  test('alone hears of a file before its first read has said which it is', () => {
    const { digest: _, ...spec } = artifact().spec
    const firstUse = { ...artifact(), spec: { ...spec, trustOnFirstUse: true } }
    const swarms = groupBySwarm([firstUse])
    expect(desiredFor(input({ role: 'seeder', swarms })).artifacts).toMatchObject([
      { digest: '', wanted: true },
    ])
    expect(desiredFor(input({ swarms })).artifacts).toEqual([])
    const pinned = groupBySwarm([{ ...firstUse, status: { digest } }])
    expect(desiredFor(input({ swarms: pinned })).artifacts).toMatchObject([{ digest }])
    expect(pinned[0]?.swarm).toEqual(swarms[0]?.swarm)
    expect(
      swarmOf({ ...firstUse, metadata: { ...firstUse.metadata, uid: 'b' }, spec: { ...firstUse.spec } }).key,
    ).not.toBe(swarms[0]?.swarm.key)
  })

  test('gets what the Secret of a source holds, and only sources whose Secret is here', () => {
    const [open, login, lost] = [
      { url: 'http://origin/a', caBundle: 'PEM', proxy: 'http://proxy:3128' },
      { url: 'http://origin/b', secretRef: { name: 'login' } },
      { url: 'http://origin/c', secretRef: { name: 'lost' } },
    ]
    const headers = { authorization: 'Bearer x' }
    const secrets = (_: string | undefined, name: string) =>
      name === 'login' ? { headers } : { problem: 'does not exist' }
    const sourcesOf = (...https: (typeof open & { secretRef?: { name: string } })[]) => {
      const swarms = groupBySwarm([artifact({ sources: https.map((http) => ({ http })) })])
      return desiredFor(input({ role: 'seeder', swarms, secrets })).artifacts?.[0]
    }
    expect(sourcesOf(open!, login as never, lost as never)).toMatchObject({
      wanted: true,
      origin: {
        sources: [
          { ...open, headers: {} },
          { url: 'http://origin/b', headers, caBundle: '', proxy: '' },
        ],
      },
    })
    expect(sourcesOf(lost as never)).toMatchObject({ wanted: false })
  })

  test('has no limits for its cache: what leaves it would be read from the origin again', () => {
    const { artifacts, cache } = desiredFor(input({ role: 'seeder' }))
    expect(cache).toBeUndefined()
    expect(artifacts).not.toHaveProperty('[0].spare')
  })

  test('does not read a wrong file again before the sources change', () => {
    const wrong = artifact({}, { conditions: [condition('Stalled', 'DigestMismatch')] })
    expect(asSeeder(wrong).artifacts).toMatchObject([{ wanted: false }])
    wrong.metadata.generation = 2
    expect(asSeeder(wrong).artifacts).toMatchObject([{ wanted: true }])
  })

  test('goes on trying sources that could not be reached', () => {
    const away = artifact({}, { conditions: [condition('Stalled', 'OriginUnreachable')] })
    expect(asSeeder(away).artifacts).toMatchObject([{ wanted: true }])
  })
})
