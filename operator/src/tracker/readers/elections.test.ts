// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ArtifactReport, TrackerClientView } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { artifact, profile } from '../../testing/objects.ts'
import { artifactReport, reportOf } from '../../testing/reports.ts'
import { groupBySwarm } from '../desired.ts'
import { electAll } from './elections.ts'
import { createReaders } from './readers.ts'

const swarms = groupBySwarm([artifact()])
const reading = profile({ origin: { ...profile().spec.origin, access: 'Agents' } })

const agent = (peerId: string, says: Partial<ArtifactReport> = {}, site = '') =>
  ({
    peerId,
    identity: { site, node: peerId },
    report: reportOf([], [artifactReport(says)]),
  }) as unknown as TrackerClientView

/** Of agents that have all been elected, who is when some say what `says` has for them. */
function electedAfter(says: Record<string, Partial<ArtifactReport>>, names = 'abcdefgh'): string {
  const readers = createReaders(
    () => true,
    () => 0,
  )
  const elect = (agents: readonly TrackerClientView[]) =>
    electAll(readers, reading, swarms, { seeders: [], agents, wants: () => true }).readers
  const peerIds = names.split('')
  elect(peerIds.slice(0, 4).map((name) => agent(name)))
  const [elected = []] = elect(peerIds.map((name) => agent(name, says[name]))).values()
  return elected.toSorted().join('')
}

const otherSize = { originReason: 'SizeMismatch' }
const away = { originReason: 'OriginUnreachable' }
test.for([
  { name: 'who has read until now', says: {}, is: /^abcd$/ },
  { name: 'nobody who sees a file of another size', says: { b: otherSize }, is: /^acd[efgh]$/ },
  { name: 'nobody who has no way to the source', says: { a: away, b: away, c: away, d: away }, is: /^efgh$/ },
  {
    name: 'whoever has no way to it any more and has leave for a part',
    says: { a: { ...away, reading: [0, 5] } },
    is: /^abcd$/,
  },
  {
    name: 'who saw another size of other sources',
    says: { b: { ...otherSize, failedSpec: 'uid-patch/0' } },
    is: /^abcd$/,
  },
  { name: 'whoever there is when all see another size', names: 'a', says: { a: otherSize }, is: /^a$/ },
])('is elected: $name', ({ says, names, is }) => {
  expect(electedAfter(says, names)).toMatch(is)
})

test.for([
  { name: 'is not asked again', failedSpec: 'uid-patch/1', read: '' },
  { name: 'is asked when the sources are others by then', failedSpec: 'uid-patch/0', read: 'a' },
  { name: 'is not asked again by an older release', failedSpec: '', read: '' },
])('an agent that has seen another file than the others $name', ({ failedSpec, read }) => {
  expect(electedAfter({ a: { originReason: 'OriginChanged', failedSpec } }, 'a')).toBe(read)
})

test('nobody is elected for a file whose digest nobody knows', () => {
  const { digest: _, ...spec } = artifact().spec
  const unknown = groupBySwarm([{ ...artifact(), spec: { ...spec, trustOnFirstUse: true } }])
  const readers = createReaders(
    () => true,
    () => 0,
  )
  const electorate = { seeders: [], agents: [agent('a')], wants: () => true }
  const { readers: elected, sharing } = electAll(readers, reading, unknown, electorate)
  expect([elected.size, sharing.size]).toEqual([0, 0])
})

const another = { ...artifact(), metadata: { ...artifact().metadata, name: 'another', uid: 'another' } }
const two = groupBySwarm([
  artifact(),
  { ...another, spec: { ...another.spec, digest: `sha256:${'ab'.repeat(32)}` } },
])
test.for([
  { name: 'all who read anything', perSite: false, is: { a: 3, b: 3, c: 3 } },
  { name: 'the readers of its site, where each reads for itself', perSite: true, is: { a: 2, b: 2, c: 1 } },
])('a reader shares the line to the origin with $name', ({ perSite, is }) => {
  const readers = createReaders(
    () => true,
    () => 0,
  )
  const agents = [agent('a', {}, 'x'), agent('b', {}, 'x'), agent('c', {}, 'y')]
  const one = { ...reading, spec: { ...reading.spec, origin: { ...reading.spec.origin, perSite } } }
  const { sharing } = electAll(readers, one, two, { seeders: [], agents, wants: () => true })
  expect(Object.fromEntries(sharing)).toEqual(is)
})
