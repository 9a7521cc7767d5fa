// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { handOut, type Member } from './hand-out.ts'

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

  test('tells everybody of the seeders and the seeders of everybody', () => {
    const graph = handOut([seeder, ...agents(100)], 32, swarm)
    expect(graph.get('seeder')).toHaveLength(100)
    for (const [peer, peers] of graph) if (peer !== 'seeder') expect(peers).toContain('seeder')
  })

  test('prefers the same site', () => {
    const graph = handOut(
      agents(400, (index) => (index % 4 === 0 ? 'a' : 'b')),
      32,
      swarm,
    )
    const inSite = (peer: string) => Number(peer.slice(1)) % 4 === 0
    const own = [...graph].flatMap(([peer, peers]) => peers.map((other) => inSite(peer) === inSite(other)))
    expect(own.filter(Boolean).length / own.length).toBeGreaterThan(0.7)
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
