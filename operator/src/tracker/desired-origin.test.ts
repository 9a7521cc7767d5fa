// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { swarmOf } from '../swarm.ts'
import { input, work } from '../testing/desired-input.ts'
import { artifact, condition, digest, profile } from '../testing/objects.ts'
import { desiredFor, groupBySwarm } from './desired.ts'

describe('an agent', () => {
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

    test('reads at its share of what the profile lets all readers read', () => {
      const bandwidth = { origin: '8Mbit', windows: [], yield: false }
      const told = desiredFor(input({ profile: profile({ bandwidth }), sharing: 4 }))
      expect(told.bandwidth?.rates).toEqual({ origin: 250_000 })
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
})

describe('a seeder', () => {
  const asSeeder = (...group: ReturnType<typeof artifact>[]) =>
    desiredFor(input({ role: 'seeder', swarms: groupBySwarm(group) }))

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

  test('does not read a wrong file again before the sources change', () => {
    const wrong = artifact({}, { conditions: [condition('Stalled', 'DigestMismatch')] })
    expect(asSeeder(wrong).artifacts).toMatchObject([{ wanted: false }])
    wrong.metadata.generation = 2
    expect(asSeeder(wrong).artifacts).toMatchObject([{ wanted: true }])
  })

  test('is told for which artifact it reads, in which version of its sources', () => {
    const specOf = (...group: ReturnType<typeof artifact>[]) =>
      asSeeder(...group).artifacts?.[0]?.origin?.spec
    const wrong = artifact({}, { conditions: [condition('Stalled', 'SizeMismatch')] }, 'a')
    expect(specOf(wrong)).toBe('uid-a/1')
    expect(specOf(wrong, artifact({}, undefined, 'b'))).toBe('uid-b/1')
    expect(specOf({ ...wrong, metadata: { ...wrong.metadata, generation: 2 } })).toBe('uid-a/2')
  })

  test('is not told the size of an artifact that has failed when it reads for another one', () => {
    const sizeOf = (...group: ReturnType<typeof artifact>[]) => asSeeder(...group).artifacts?.[0]?.size
    const wrong = artifact({ size: 5 }, { conditions: [condition('Stalled', 'SizeMismatch')] }, 'a')
    expect(sizeOf(wrong, artifact({ size: 7 }, undefined, 'b'))).toBe(7)
    const sent = artifact({}, { observedGeneration: 1, size: 5 })
    expect(sizeOf(sent)).toBe(5)
    expect(sizeOf({ ...sent, metadata: { ...sent.metadata, generation: 2 } })).toBe(0)
  })

  test('goes on trying sources that could not be reached', () => {
    const away = artifact({}, { conditions: [condition('Stalled', 'OriginUnreachable')] })
    expect(asSeeder(away).artifacts).toMatchObject([{ wanted: true }])
  })
})
