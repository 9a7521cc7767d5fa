// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elect, type Member } from './election.ts'
import { handOut } from './hand-out.ts'

const swarm = new Uint8Array(32).fill(3)
const agents = (count: number, site = (_: number) => 'a'): Member[] =>
  Array.from({ length: count }, (_, index) => ({ peerId: `p${index}`, site: site(index), role: 'agent' }))
const seeder: Member = { peerId: 'seeder', site: 'a', role: 'seeder' }

/** Who can be reached from the first peer. */
function reached(graph: Map<string, string[]>): Set<string> {
  const seen = new Set<string>([...graph.keys()].slice(0, 1))
  for (const peer of seen) for (const next of graph.get(peer) ?? []) seen.add(next)
  return seen
}

describe('the hand-out of peers', () => {
  test('gives everybody everybody up to 33 nodes', () => {
    const graph = handOut([seeder, ...agents(32)], 32, swarm)
    expect(graph.size).toBe(33)
    for (const peers of graph.values()) expect(peers).toHaveLength(32)
  })

  test('gives nobody to one who is alone', () => {
    expect(handOut(agents(1), 32, swarm)).toEqual(new Map([['p0', []]]))
    expect(handOut([], 32, swarm)).toEqual(new Map())
  })

  test('is symmetric, connected, without self and within the degree, whatever the members and sites', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 8, max: 32 }),
        (count, sites, maxPeers) => {
          const members = [seeder, ...agents(count, (index) => `s${index % sites}`)]
          const graph = handOut(members, maxPeers, swarm)
          for (const [peer, peers] of graph) {
            expect(peers).not.toContain(peer)
            expect(new Set(peers).size).toBe(peers.length)
            if (peer !== 'seeder') expect(peers.length).toBeLessThanOrEqual(maxPeers)
            for (const other of peers) expect(graph.get(other)).toContain(peer)
          }
          expect(reached(graph).size).toBe(members.length)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('tells a seeder of as many as it takes', () => {
    expect(handOut([seeder, ...agents(60)], 32, swarm).get('seeder')).toHaveLength(60)
    expect(handOut([seeder, ...agents(5000)], 32, swarm).get('seeder')).toHaveLength(63)
  })

  test('does not depend on the order of the members, but on the swarm', () => {
    const members = agents(100)
    expect(handOut(members.toReversed(), 16, swarm)).toEqual(new Map(handOut(members, 16, swarm)))
    expect(handOut(members, 16, new Uint8Array(32))).not.toEqual(handOut(members, 16, swarm))
  })

  test('changes few links when one member goes', () => {
    const members = agents(200)
    const before = handOut(members, 16, swarm)
    const after = handOut(members.slice(1), 16, swarm)
    const changed = [...after].filter(([peer, peers]) => peers.join() !== before.get(peer)?.join())
    // Its own neighbours lose it, and those beside it in each ring find each other.
    expect(changed.length).toBeLessThanOrEqual(16)
  })
})

describe('where there are sites', () => {
  const site = (index: number) => `s${index % 20}`
  const many = [seeder, ...agents(1000, site)]
  const siteOf = new Map(many.map((member) => [member.peerId, member.site]))
  const graph = handOut(many, 32, swarm)
  const elected = elect(many, 32, swarm)

  test('eight agents of each are elected, and no one where there is one site', () => {
    expect(elected.size).toBe(20 * 8)
    expect([...elected].filter((peer) => siteOf.get(peer) === 's7')).toHaveLength(8)
    expect(elect(agents(1000), 32, swarm).size).toBe(0)
  })

  test('they alone have links to others, and know each other', () => {
    for (const [peer, peers] of graph) {
      const across = peers.filter((other) => siteOf.get(other) !== siteOf.get(peer))
      if (peer === 'seeder') continue
      expect(across.length > 0).toBe(elected.has(peer))
      if (elected.has(peer)) expect(peers.filter((other) => elected.has(other))).toSatisfy(knowsMates(peer))
    }
  })
  const knowsMates = (peer: string) => (known: string[]) =>
    known.filter((other) => siteOf.get(other) === siteOf.get(peer)).length === 7

  test('a seeder has as many in each of the others, and nobody more than a line can bear', () => {
    const far = graph.get('seeder')!.filter((peer) => siteOf.get(peer) !== 'a')
    expect(far.length).toBeLessThanOrEqual(64)
    const each = [...Map.groupBy(far, (peer) => siteOf.get(peer)).values()].map((peers) => peers.length)
    expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1)
    expect(each).toHaveLength(20)
  })

  test('a seeder has all that are elected in its own, so that they leave it the line while it deals', () => {
    const near = many
      .map((member) => ({ ...member, site: 'a' }))
      .map((member, i) => (i % 2 ? { ...member, site: 'b' } : member))
    const mates = near.filter(({ peerId, site }) => site === 'a' && elect(near, 32, swarm).has(peerId))
    expect(handOut(near, 32, swarm).get('seeder')).toEqual(
      expect.arrayContaining(mates.map(({ peerId }) => peerId)),
    )
    expect(mates).toHaveLength(8)
  })

  test('a seeder has those that read the origin, whether elected or not', () => {
    const reader = many.find(
      ({ peerId, site, role }) => role === 'agent' && site === 's9' && !elected.has(peerId),
    )!
    const links = (reads: boolean) =>
      handOut(
        many.map((one) => (one === reader ? { ...one, reads } : one)),
        32,
        swarm,
      ).get(reader.peerId)
    expect(links(true)).toContain('seeder')
    expect(links(false)).not.toContain('seeder')
  })

  test('the place of one that goes is taken by another, and the others stay', () => {
    const gone = [...elected].find((peer) => siteOf.get(peer) === 's3')!
    const after = elect(
      many.filter(({ peerId }) => peerId !== gone),
      32,
      swarm,
    )
    expect(after.size).toBe(elected.size)
    expect([...elected].filter((peer) => !after.has(peer))).toEqual([gone])
  })

  test('a site of one, or the one of the seeder alone, is reached', () => {
    const graph = handOut([seeder, ...agents(1, () => 'b')], 32, swarm)
    expect(graph.get('p0')).toEqual(['seeder'])
    const alone = handOut([{ ...seeder, site: 'z' }, ...agents(100, (i) => (i === 0 ? 'b' : 'c'))], 32, swarm)
    expect(reached(alone).size).toBe(101)
  })
})
