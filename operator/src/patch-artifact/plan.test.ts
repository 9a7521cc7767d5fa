// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { complete, decide, says } from '../testing/artifact-plans.ts'
import { artifact, condition, digest, MiB, profile, readyArtifact } from '../testing/objects.ts'
import { artifactReport } from '../testing/reports.ts'
import type { Observed } from './observed.ts'

const stuck = (reason: string) => ({
  ...profile(),
  status: { conditions: [condition('Stalled', reason)] },
})

const agentsRead = profile({ origin: { ...profile().spec.origin, access: 'Agents' } })
const firstUse = (status?: PatchArtifact['status']): PatchArtifact => {
  const { digest: _, ...spec } = artifact().spec
  return { ...artifact({}, status), spec: { ...spec, trustOnFirstUse: true } }
}

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
    name: 'stalls with the profile when that has no seeder to wait for',
    given: { profile: stuck('SeederMissing') },
    said: 'False Stalled SeederMissing',
    message: 'P2PProfile default: SeederMissing.',
  },
  {
    name: 'waits with a profile that stalls for another reason',
    given: { profile: stuck('AgentsMissing') },
    said: 'False WaitingForSeeder',
  },
  {
    name: 'is read by a seeder that is there, whatever the profile says still',
    given: { profile: stuck('SeederMissing'), seeders: says(undefined) },
    said: 'False Resolving',
  },
  {
    name: 'asks the seeder that has not spoken yet',
    given: { seeders: says(undefined) },
    said: 'False Resolving',
  },
  {
    name: 'stalls where agents read a file that is cut by content',
    given: { profile: agentsRead, artifact: artifact({ chunking: { strategy: 'ContentDefined' } }) },
    said: 'False Stalled ChunkingNotReadable',
  },
  {
    name: 'stalls where agents read a file whose digest nobody knows',
    given: { profile: agentsRead, artifact: firstUse(), seeders: says(undefined) },
    said: 'False Stalled FirstUseNotReadable',
    message: /with its digest, or name a profile whose seeder reads/,
  },
  {
    name: 'has agents read again what was pinned by its first read',
    given: { profile: agentsRead, artifact: firstUse({ digest }), seeders: says(undefined) },
    said: 'False WaitingForAgents',
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
])('$name', ({ given, said, message }) => {
  const decision = decide(given)
  expect(decision.said).toBe(said)
  if (message) expect(decision.message).toMatch(message)
})
