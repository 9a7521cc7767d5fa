// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { swarmOf } from '../swarm.ts'
import { job, now, profile, readyArtifact, row } from '../testing/objects.ts'
import { groupBySwarm, type Work } from './desired.ts'
import { createDesiredStates, type Own } from './desired-states.ts'

const artifact = readyArtifact()
const { key } = swarmOf(artifact)
const statesWith = (readers: string[] = []) =>
  createDesiredStates({
    profile: profile(),
    swarms: groupBySwarm([artifact]),
    seeders: ['s'],
    readers: new Map([[key, readers]]),
    secrets: () => undefined,
    now,
  })
const work = (node: string, attempt?: number): Work => ({
  object: attempt ? { ...row(node), status: { attempt } } : row(node),
  job: job(),
  artifacts: [artifact],
})
const own = (over: Partial<Own> = {}): Own => ({ role: 'agent', work: [work('n1')], peerId: 'p', ...over })

test('nodes with the same work are told the very same', () => {
  const stateOf = statesWith()
  expect(stateOf(own({ work: [work('n2')], peerId: 'q' }))).toBe(stateOf(own()))
})

test.for<[string, Partial<Own>]>([
  ['has nothing to do', { work: [] }],
  ['tries again', { work: [work('n1', 2)] }],
  ['keeps what it has', { kept: [work('n1')] }],
  ['may evict its copy', { spare: new Set([key]) }],
  ['reads the origin', { peerId: 'reader' }],
  ['shares the line to the origin', { sharing: 2 }],
  ['is a seeder', { role: 'seeder', work: [] }],
  ['signs', { role: 'seeder', work: [], signs: true }],
])('a client that %s is told something of its own', ([, over]) => {
  const stateOf = statesWith(['reader'])
  const shapes = [own(), { ...own(), ...over }].map(stateOf)
  expect(shapes[1]).not.toBe(shapes[0])
})

test('it says which swarms its clients are in: those of their work, and a seeder those of all it lists', () => {
  const stateOf = statesWith()
  expect(stateOf(own()).joined).toEqual([key])
  expect(stateOf(own({ work: [] }))).toMatchObject({ joined: [], listed: new Set([key]) })
  expect(stateOf(own({ role: 'seeder', work: [] })).joined).toEqual([key])
})
