// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { type Candidate, electReaders } from './election.ts'

const agents = (site: string, count: number, wants = true): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({ peerId: `${site}${i}`, site, wants }))

const elect = (candidates: readonly Candidate[], before: readonly string[] = []) =>
  electReaders('swarm', candidates, new Set(before))

const sitesOf = (peerIds: readonly string[]) =>
  peerIds
    .map((id) => id.slice(0, 1))
    .sort()
    .join('')

test('four of many read', () => {
  expect(elect(agents('a', 50))).toHaveLength(4)
})

test('all of few read', () => {
  expect(elect(agents('a', 3)).sort()).toEqual(['a0', 'a1', 'a2'])
})

test('they come from as many sites as there are, however large each is', () => {
  expect(sitesOf(elect([...agents('a', 50), ...agents('b', 2), ...agents('c', 1)]))).toMatch(/^(aabc|abbc)$/)
  expect(sitesOf(elect('abcdef'.split('').flatMap((site) => agents(site, 9))))).toMatch(
    /^(.)(?!\1)(.)(?!\2)(.)(?!\3).$/,
  )
})

test('it follows from who there is, in whatever order', () => {
  const some = agents('a', 20)
  expect(elect(some.toReversed()).sort()).toEqual(elect(some).sort())
})

test('who reads already goes on when others come', () => {
  const before = elect(agents('a', 5))
  expect(elect([...agents('a', 5), ...agents('b', 50)], before).sort()).toEqual(before.toSorted())
})

test('the place of one that is gone is taken by another', () => {
  const [gone, ...left] = elect(agents('a', 10))
  const after = elect(
    agents('a', 10).filter(({ peerId }) => peerId !== gone),
    left,
  )
  expect(after).toHaveLength(4)
  expect(after).toEqual(expect.arrayContaining(left))
})

test('nodes that wait for the file come first', () => {
  expect(sitesOf(elect([...agents('a', 20, false), ...agents('b', 2)]))).toBe('bb')
})

test('where nobody waits for it anybody reads', () => {
  expect(elect(agents('a', 20, false))).toHaveLength(4)
})
