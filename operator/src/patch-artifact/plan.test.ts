// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { generateKeyPairSync } from 'node:crypto'
import { findCondition, type PatchArtifact } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import { describe, expect, test } from 'vitest'
import {
  artifact,
  condition,
  digest,
  homeNamespace,
  MiB,
  now,
  operatorNamespace,
  profile,
  readyArtifact,
} from '../testing/objects.ts'
import { artifactReport } from '../testing/reports.ts'
import { type Observed, plan } from './plan.ts'

const complete = (over: Partial<ArtifactReport> = {}) =>
  artifactReport({
    state: 'Complete',
    size: 100 * MiB,
    chunkSize: 262_144,
    chunksTotal: 400,
    chunksHeld: 400,
    bytesHeld: 100 * MiB,
    cid: 'bafy',
    sha256: digest.slice(7),
    originBytesRead: 100 * MiB,
    ...over,
  })

const read = (total: number, sites: Record<string, number> = {}, readers: Record<string, number> = {}) => ({
  total,
  sites: new Map(Object.entries(sites)),
  readers: new Map(Object.entries(readers)),
})

const bySite = { ...profile().spec.origin, access: 'Agents', perSite: true } as const

const observed = (over: Partial<Observed> = {}): Observed => ({
  artifact: artifact(),
  profile: profile(),
  namespace: homeNamespace,
  operatorNamespace,
  seeders: [],
  agents: [],
  holders: 0,
  bytesRead: read(0),
  secrets: () => undefined,
  now,
  ...over,
})

const decide = (over: Partial<Observed> = {}) => {
  const planned = plan(observed(over))
  if (!planned) throw new Error('no plan')
  const ready = findCondition(planned.status.conditions, 'Ready')
  const stalled = findCondition(planned.status.conditions, 'Stalled')
  return {
    ...planned,
    said: `${ready?.status}${stalled ? ' Stalled' : ''} ${ready?.reason}`,
    message: ready?.message,
  }
}

const { publicKey } = generateKeyPairSync('ed25519')
const signedWith = (signature: object) =>
  artifact({
    signature: { publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), ...signature },
  })
const says = (report: ArtifactReport | undefined) => [{ peerId: 'seeder', report }]
const stalledBy = (reason: string, generation = 1): PatchArtifact =>
  artifact(
    {},
    {
      conditions: [
        condition('Ready', reason, 'False'),
        { ...condition('Stalled', reason), observedGeneration: generation },
      ],
    },
  )

test.for<{ name: string; given: Partial<Observed>; said: string; message?: string | RegExp }>([
  {
    name: 'waits for an unknown profile',
    given: { profile: undefined },
    said: 'False WaitingForProfile',
    message: 'There is no P2PProfile default yet.',
  },
  {
    name: 'waits for a disabled profile',
    given: { profile: profile({ enabled: false }) },
    said: 'False WaitingForProfile',
  },
  {
    name: 'stalls in a namespace that is not admitted',
    given: { namespace: { name: 'team-b', labels: {} } },
    said: 'False Stalled NamespaceNotAllowed',
    message: /without spec.allowedNamespaces only patchswarm-system may use it/,
  },
  { name: 'waits for a seeder', given: {}, said: 'False WaitingForSeeder' },
  {
    name: 'stalls when the profile names no host of the sources',
    given: { profile: profile({ origin: { ...profile().spec.origin, allowedDomains: ['example.com'] } }) },
    said: 'False Stalled SourceForbidden',
    message:
      'spec.sources: origin is not named in spec.origin.allowedDomains of the profile. Name a host of theirs there, or correct spec.sources.',
  },
  {
    name: 'goes on when the profile names the host of one of the sources',
    given: {
      profile: profile({ origin: { ...profile().spec.origin, allowedDomains: ['example.com'] } }),
      artifact: artifact({
        sources: ['http://origin/a', 'https://example.com/a'].map((url) => ({ http: { url } })),
      }),
    },
    said: 'False WaitingForSeeder',
  },
  {
    name: 'stalls when the only source needs a Secret that is not there',
    given: {
      artifact: artifact({ sources: [{ http: { url: 'http://origin/a', secretRef: { name: 'login' } } }] }),
      secrets: () => ({ problem: 'does not exist' }),
    },
    said: 'False Stalled SecretInvalid',
    message: 'Secret patchswarm-system/login does not exist.',
  },
  {
    name: 'goes on without Secrets when one source needs none',
    given: {
      artifact: artifact({
        sources: [
          { http: { url: 'http://origin/a', secretRef: { name: 'login' } } },
          { http: { url: 'http://origin/b' } },
        ],
      }),
      secrets: () => ({ problem: 'does not exist' }),
    },
    said: 'False WaitingForSeeder',
  },
  {
    name: 'waits while nobody has looked for the Secret',
    given: {
      artifact: artifact({ sources: [{ http: { url: 'http://origin/a', secretRef: { name: 'login' } } }] }),
    },
    said: 'False WaitingForSeeder',
  },
  {
    name: 'stalls when the signature is wrong, although the file is here',
    given: { artifact: signedWith({ value: 'AAAAAAAAAAAA' }), seeders: says(complete()) },
    said: 'False Stalled SignatureInvalid',
    message: `spec.signature.value is no signature of ${digest} by the key of spec.signature.publicKey. Nothing is delivered: create a new PatchArtifact with the right signature.`,
  },
  {
    name: 'is not ready before the signature was read',
    given: { artifact: signedWith({ url: 'http://origin/a.sig' }), seeders: says(complete()) },
    said: 'False Resolving',
  },
  {
    name: 'stalls when the signature cannot be read',
    given: {
      artifact: signedWith({ url: 'http://origin/a.sig' }),
      seeders: says(complete({ signatureError: 'http://origin/a.sig answers 404' })),
    },
    said: 'False Stalled SignatureUnreachable',
    message: 'http://origin/a.sig answers 404. The seeder goes on trying; nothing is delivered before.',
  },
  {
    name: 'stalls on a file where the profile has no import folder',
    given: { artifact: artifact({ sources: [{ file: { path: 'a.bin' } }] }) },
    said: 'False Stalled SourceForbidden',
    message: /the profile has no seeder.import for files/,
  },
  {
    name: 'reads a file where the profile has one',
    given: {
      artifact: artifact({ sources: [{ file: { path: 'a.bin' } }] }),
      profile: profile({ seeder: { import: { hostPath: '/srv/import', node: 'n1' } } }),
    },
    said: 'False WaitingForSeeder',
  },
  {
    name: 'stalls when a reader found that names lead to addresses that are refused',
    given: {
      seeders: says(
        artifactReport({
          state: 'Failed',
          reason: 'SourceForbidden',
          message:
            'x: y: 127.0.0.1 is a loopback address, which spec.origin.allowedDomains of the profile does not name',
        }),
      ),
    },
    said: 'False Stalled SourceForbidden',
    message: /does not name. Name host or address there if they may be asked, or correct spec.sources.$/,
  },
  {
    name: 'asks the seeder that has not spoken yet',
    given: { seeders: says(undefined) },
    said: 'False Resolving',
  },
  {
    name: 'tells how far the seeder is',
    given: { seeders: says(artifactReport({ size: 119.8 * MiB, bytesHeld: 50.4 * MiB })) },
    said: 'False Ingesting',
    message: 'Ingesting 42 %: 50.4 of 119.8 MiB',
  },
  {
    name: 'tells how much there is when the origin states no size',
    given: { seeders: says(artifactReport({ bytesHeld: 50.4 * MiB })) },
    said: 'False Ingesting',
    message: 'Ingesting 50.4 MiB so far; the origin does not say how much there is',
  },
  {
    name: 'is ready when the seeder holds the whole',
    given: { seeders: says(complete()) },
    said: 'True Seeded',
  },
  {
    name: 'stalls on another digest and names the one found',
    given: {
      seeders: says(artifactReport({ state: 'Failed', reason: 'DigestMismatch', sha256: 'cd'.repeat(32) })),
    },
    said: 'False Stalled DigestMismatch',
    message: new RegExp(
      `The sources send sha256:${'cd'.repeat(32)}, not ${digest}. If that is the file you mean`,
    ),
  },
  {
    name: 'names the agents that have read another file, and what each has read',
    given: {
      seeders: says(
        artifactReport({
          state: 'Failed',
          reason: 'DigestMismatch',
          sha256: 'cd'.repeat(32),
          readBy: 'n1: 0–3; n2: 4',
        }),
      ),
    },
    said: 'False Stalled DigestMismatch',
    message: /Agents have read it, by chunks: n1: 0–3; n2: 4; one of them/,
  },
  {
    name: "does not take a seeder's word for another digest",
    given: { seeders: says(complete({ sha256: 'cd'.repeat(32) })) },
    said: 'False Stalled DigestMismatch',
  },
  {
    name: 'stalls on another size',
    given: {
      artifact: artifact({ size: 5 }),
      seeders: says(artifactReport({ state: 'Failed', reason: 'SizeMismatch', size: 7 })),
    },
    said: 'False Stalled SizeMismatch',
    message:
      'The sources send 7 bytes where spec.size says 5. Create a new PatchArtifact with the right size, or correct spec.sources.',
  },
  {
    name: 'stalls when no source can be read, while the seeder goes on trying',
    given: {
      seeders: says(
        artifactReport({
          state: 'Failed',
          reason: 'OriginUnreachable',
          message: 'http://origin/patch.bin answered 404',
        }),
      ),
    },
    said: 'False Stalled OriginUnreachable',
    message:
      'http://origin/patch.bin answered 404. The seeder goes on trying; correct spec.sources if an address is wrong.',
  },
  {
    name: 'a wrong file stays wrong when the seeder is gone',
    given: { artifact: stalledBy('DigestMismatch') },
    said: 'False Stalled DigestMismatch',
  },
  {
    name: 'other sources are another try',
    given: { artifact: stalledBy('DigestMismatch', 0), seeders: says(undefined) },
    said: 'False Resolving',
  },
  {
    name: 'an origin that is back ends the failure',
    given: { artifact: stalledBy('OriginUnreachable'), seeders: says(complete()) },
    said: 'True Seeded',
  },
  {
    name: 'stays ready while nobody has reported to a new leader',
    given: { artifact: readyArtifact() },
    said: 'True Seeded',
  },
  {
    name: 'stays ready when only nodes hold the whole',
    given: { artifact: readyArtifact(), holders: 3, seeders: says(artifactReport()) },
    said: 'True Seeded',
  },
  {
    name: 'is no longer ready when the seeder has lost it and nobody else holds it',
    given: {
      artifact: readyArtifact(),
      seeders: says(artifactReport({ size: 100 * MiB, bytesHeld: 1 * MiB })),
    },
    said: 'False Ingesting',
  },
  {
    name: 'does not stall for a site that has used its budget up',
    given: {
      profile: profile({ origin: bySite }),
      seeders: says(artifactReport({ collects: true })),
      agents: says(
        artifactReport({ originReason: 'OriginBudgetExhausted', originMessage: '5 MiB were granted.' }),
      ),
    },
    said: 'False Ingesting',
    message: /a site waits, for its budget is used up/,
  },
])('$name', ({ given, said, message }) => {
  const decision = decide(given)
  expect(decision.said).toBe(said)
  if (message) expect(decision.message).toMatch(message)
})

test('the facts of a whole artifact go into the status', () => {
  const { status } = decide({ seeders: says(complete()), bytesRead: read(101 * MiB) })
  expect(status).toMatchObject({
    cid: 'bafy',
    sha256: digest.slice(7),
    size: 100 * MiB,
    chunks: 400,
    chunkSize: 262_144,
    seeders: 1,
    progressPercent: 100,
    origin: { bytesRead: 101 * MiB },
  })
})

test('what was known stays known while nobody reports', () => {
  const before = readyArtifact()
  const { status } = decide({ artifact: before, bytesRead: read(100 * MiB) })
  expect(status).toMatchObject({
    cid: 'bafy',
    size: 100 * MiB,
    origin: { bytesGranted: 100 * MiB },
    seeders: 0,
  })
})

test('the word of a source that could not be read is shown with it', () => {
  const [a, b] = ['http://mirror/patch.bin', 'http://origin/patch.bin']
  const sources = [a, b, 'http://third/patch.bin'].map((url) => ({ http: { url } }))
  const said = (url: string, reachable: boolean, lastError: string) =>
    ({
      $typeName: 'patchswarm.tracker.v1.SourceReport',
      url,
      reachable,
      lastError,
      latencyMs: reachable ? 7 : 0,
    }) as const
  const report = artifactReport({ sources: [said(b, true, ''), said(a, false, 'answered 500')] })
  expect(decide({ artifact: artifact({ sources }), seeders: says(report) }).status.sources).toEqual([
    { url: a, reachable: false, lastError: 'answered 500' },
    { url: b, reachable: true, latencyMilliseconds: 7 },
    { url: 'http://third/patch.bin' },
  ])
})

test('a signature that was read is kept, and wanted no more', () => {
  const wanting = signedWith({ url: 'http://origin/a.sig' })
  const { status } = decide({ artifact: wanting, seeders: says(complete({ signature: 'AAAA' })) })
  expect(status.signature).toBe('AAAA')
  const after = decide({ artifact: { ...wanting, status }, seeders: says(complete()) })
  expect([after.status.signature, after.said]).toEqual(['AAAA', 'False Stalled SignatureInvalid'])
})

describe('with trustOnFirstUse', () => {
  const { digest: _, ...spec } = artifact().spec
  const firstUse = (status?: PatchArtifact['status']): PatchArtifact => ({
    ...artifact({}, status),
    spec: { ...spec, trustOnFirstUse: true },
  })

  test('what is read first is pinned, and Ready only when that is written', () => {
    const { status, said } = decide({ artifact: firstUse(), seeders: says(complete()) })
    expect([said, status.digest]).toEqual(['False Resolving', digest])
    const after = decide({ artifact: firstUse(status), seeders: says(complete()) })
    expect([after.said, after.status.digest]).toEqual(['True Seeded', digest])
  })

  test('a seeder that does not know yet what it has read is waited for', () => {
    const { status, said } = decide({ artifact: firstUse(), seeders: says(complete({ sha256: '' })) })
    expect([said, status.digest]).toEqual(['False Resolving', undefined])
  })

  test('another file than the pinned one is another file', () => {
    const pinned = firstUse({ digest })
    const { status, said } = decide({
      artifact: pinned,
      seeders: says(complete({ sha256: 'cd'.repeat(32) })),
    })
    expect([said, status.digest]).toEqual(['False Stalled DigestMismatch', digest])
  })
})

test('what each reader has read stands beside the sum', () => {
  const { status } = decide({ bytesRead: read(6 * MiB, {}, { s1: 4 * MiB, s2: 2 * MiB }) })
  expect(status.origin).toEqual({
    bytesRead: 6 * MiB,
    readers: [
      { peerId: 's1', bytesRead: 4 * MiB },
      { peerId: 's2', bytesRead: 2 * MiB },
    ],
  })
})

test('what each site has read stands beside what it was granted', () => {
  const sites = [{ site: 'a', bytesGranted: 7 }]
  const before = artifact({ size: 4 * MiB }, { observedGeneration: 1, origin: { sites } })
  const { status } = decide({ artifact: before, bytesRead: read(6 * MiB, { a: 4 * MiB, b: 2 * MiB }) })
  expect(status.origin).toEqual({
    bytesRead: 6 * MiB,
    sites: [
      { site: 'a', bytesGranted: 7, bytesRead: 4 * MiB, amplification: '1.000' },
      { site: 'b', bytesRead: 2 * MiB, amplification: '0.500' },
    ],
  })
})
