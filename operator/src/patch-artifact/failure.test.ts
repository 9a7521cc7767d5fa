// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { complete, decide, says } from '../testing/artifact-plans.ts'
import { artifact, condition, digest, profile } from '../testing/objects.ts'
import { artifactReport } from '../testing/reports.ts'
import type { Observed } from './observed.ts'

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

const failedFor = (failedSpec: string, reason: string, over: Partial<ArtifactReport> = {}) =>
  artifactReport({ state: 'Failed', reason, message: 'It failed', failedSpec, ...over })
const corrected = { ...stalledBy('DigestMismatch'), metadata: { ...artifact().metadata, generation: 2 } }

const bySite = { ...profile().spec.origin, access: 'Agents', perSite: true } as const
const agentsRead = {
  profile: profile({ origin: { ...bySite, perSite: false } }),
  seeders: says(undefined),
}
const otherSize = artifactReport({ originReason: 'SizeMismatch', originMessage: 'It has 3 bytes.' })
const fourTimes = (report: ReturnType<typeof artifactReport>) => [1, 2, 3, 4].flatMap(() => says(report))

test.for<{ name: string; given: Partial<Observed>; said: string; message?: string | RegExp }>([
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
          message: 'The seeder has read all of it again.',
        }),
      ),
    },
    said: 'False Stalled DigestMismatch',
    message: /. The seeder has read all of it again. If .* Agents have read it, by chunks: n1: 0–3; n2: 4.$/,
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
    name: 'does not stall for what the sources of before have sent',
    given: { artifact: corrected, seeders: says(failedFor('uid-patch/1', 'DigestMismatch')) },
    said: 'False Resolving',
  },
  {
    name: 'stalls when the other sources send another file, too',
    given: { artifact: corrected, seeders: says(failedFor('uid-patch/2', 'DigestMismatch')) },
    said: 'False Stalled DigestMismatch',
  },
  {
    name: 'does not stall for what agents have read in the sources of before',
    given: {
      artifact: corrected,
      profile: profile({ origin: { ...bySite, perSite: false } }),
      seeders: says(artifactReport({ state: 'Waiting', collects: true })),
      agents: says(artifactReport({ originReason: 'OriginChanged', failedSpec: 'uid-patch/1' })),
    },
    said: 'False Resolving',
  },
  {
    name: 'does not stall for what ended the reading for another artifact of the same file',
    given: {
      artifact: artifact({ size: 7 }),
      seeders: says(failedFor('uid-a/1', 'SizeMismatch', { size: 5 })),
    },
    said: 'False Resolving',
  },
  {
    name: 'says what is in the way of the artifact of the same file that is read for both',
    given: {
      artifact: artifact({ size: 7 }),
      seeders: says(failedFor('uid-a/1', 'OriginUnreachable', { size: 5 })),
    },
    said: 'False Stalled OriginUnreachable',
  },
  {
    name: 'an origin that is back ends the failure',
    given: { artifact: stalledBy('OriginUnreachable'), seeders: says(complete()) },
    said: 'True Seeded',
  },
  {
    name: 'does not stall for one agent that sees another size while others may see the right one',
    given: { ...agentsRead, agents: [...says(otherSize), ...says(artifactReport())] },
    said: 'False Resolving',
  },
  {
    name: 'does not stall for agents that see another size while one reads',
    given: { ...agentsRead, agents: [...fourTimes(otherSize), ...says(artifactReport({ reading: [0, 5] }))] },
    said: 'False Resolving',
  },
  {
    name: 'stalls on another size when no other agent has room for it',
    given: {
      ...agentsRead,
      agents: [...says(otherSize), ...says(artifactReport({ reason: 'InsufficientDisk' }))],
    },
    said: 'False Stalled SizeMismatch',
  },
  {
    name: 'stalls on another size when as many agents see it as read at once',
    given: { ...agentsRead, agents: [...fourTimes(otherSize), ...says(artifactReport())] },
    said: 'False Stalled SizeMismatch',
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
