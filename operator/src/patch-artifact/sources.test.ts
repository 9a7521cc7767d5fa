// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { decide, says } from '../testing/artifact-plans.ts'
import { artifact, profile } from '../testing/objects.ts'
import { artifactReport } from '../testing/reports.ts'
import type { Observed } from './observed.ts'

test.for<{ name: string; given: Partial<Observed>; said: string; message?: string | RegExp }>([
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
])('$name', ({ given, said, message }) => {
  const decision = decide(given)
  expect(decision.said).toBe(said)
  if (message) expect(decision.message).toMatch(message)
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
