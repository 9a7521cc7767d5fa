// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import type { NodeProgress } from '../node-progress.ts'
import { artifact, condition, job, now, profile, readyArtifact, row } from '../testing/objects.ts'
import { mayGoOn, type Seen, sightOf } from './sight.ts'

const progress = { state: 'Fetching', bytesDone: 7, bytesChecked: 5, usefulPeers: 1 } as NodeProgress
const seen: Seen = { object: row('n1'), progress, connected: true, absent: false }

test.for<{ name: string; over: Partial<Seen>; goesOn?: boolean; able: boolean }>([
  { name: 'with a peer that has what it lacks', over: {}, able: true },
  {
    name: 'when no such peer can be reached',
    over: { progress: { ...progress, usefulPeers: 0 } },
    able: false,
  },
  {
    name: 'while it writes the file, whoever is connected',
    over: { progress: { ...progress, state: 'Verifying', usefulPeers: 0 } },
    able: true,
  },
  { name: 'whose agent has not taken the work up', over: { progress: undefined }, able: true },
  { name: 'whose agent is away', over: { connected: false, progress: undefined }, able: true },
  { name: 'that is left out', over: { connected: false, absent: true }, able: false },
  { name: 'of a job that cannot go on', over: {}, goesOn: false, able: false },
])('a node $name: able is $able', ({ over, goesOn = true, able }) => {
  expect(sightOf({ ...seen, ...over }, goesOn).able).toBe(able)
})

test('bytes that came and bytes that were written are both something done', () => {
  expect(sightOf(seen, true)).toEqual({ attempt: 1, done: 12, able: true })
  expect(sightOf({ ...seen, object: row('n1', { attempt: 3 }) }, true).attempt).toBe(3)
})

describe('the nodes of a job', () => {
  const ingesting = artifact({}, { conditions: [condition('Ready', 'Ingesting', 'False')] })
  const hours = { start: '13:00', end: '14:00', timeZone: 'Etc/UTC' }
  const pausing = { windows: [hours], atWindowEnd: 'Pause' as const }
  type Given = [
    of: ReturnType<typeof job>,
    by: ReturnType<typeof profile> | undefined,
    files: (ReturnType<typeof artifact> | undefined)[],
  ]
  test.for<{ name: string; given: Given; goesOn: boolean }>([
    { name: 'go on', given: [job(), profile(), [readyArtifact()]], goesOn: true },
    {
      name: 'rest while it is suspended',
      given: [job({ suspend: true }), profile(), [readyArtifact()]],
      goesOn: false,
    },
    {
      name: 'rest outside its hours',
      given: [job({ schedule: pausing }), profile(), [readyArtifact()]],
      goesOn: false,
    },
    { name: 'cannot go on while the origin is read', given: [job(), profile(), [ingesting]], goesOn: false },
    { name: 'cannot go on without the artifact', given: [job(), profile(), [undefined]], goesOn: false },
    {
      name: 'have no agents in a disabled profile',
      given: [job(), profile({ enabled: false }), [readyArtifact()]],
      goesOn: false,
    },
    {
      name: 'have no agents without the profile',
      given: [job(), undefined, [readyArtifact()]],
      goesOn: false,
    },
  ])('$name', ({ given, goesOn }) => {
    expect(mayGoOn(...given, now)).toBe(goesOn)
  })
})
