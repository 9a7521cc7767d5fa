// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DesiredInput, groupBySwarm, type Work } from '../tracker/desired.ts'
import { job, now, profile, readyArtifact, row } from './objects.ts'

export const work = (over: Partial<Work> = {}): Work => ({
  object: row('n1'),
  job: job(),
  artifacts: [readyArtifact()],
  ...over,
})
export const input = (over: Partial<DesiredInput> = {}): DesiredInput => ({
  role: 'agent',
  profile: profile(),
  swarms: groupBySwarm([readyArtifact()]),
  work: [],
  seeders: ['12D3Seeder'],
  secrets: () => undefined,
  now,
  ...over,
})
