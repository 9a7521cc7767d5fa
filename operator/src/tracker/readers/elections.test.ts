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

const agent = (peerId: string, says: Partial<ArtifactReport> = {}) =>
  ({
    peerId,
    identity: { site: '', node: peerId },
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
  { name: 'whoever there is when all see another size', names: 'a', says: { a: otherSize }, is: /^a$/ },
])('is elected: $name', ({ says, names, is }) => {
  expect(electedAfter(says, names)).toMatch(is)
})
