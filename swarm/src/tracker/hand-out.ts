// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'

/** What the hand-out needs to know of a peer. */
export interface Member {
  readonly peerId: string
  readonly site: string
  readonly role: 'agent' | 'seeder'
}

/** Of the degree inside a site of many, one part in so many goes to links out of it. */
const ACROSS_PART = 4

/**
 * Who is told of whom in one swarm. Everybody of everybody while that is at most `maxPeers`; else a symmetric graph
 * of about that degree: all seeders, then peers of the same site, then some of others. It follows from the members and the
 * swarm ID alone: a new leader hands out the same graph, and one member more or less changes few links.
 *
 * Agents get at most `maxPeers`; a seeder is told of all agents, because it deals to all.
 * @returns peer IDs by peer ID, sorted
 */
export function handOut(
  members: readonly Member[],
  maxPeers: number,
  swarmId: Uint8Array,
): Map<string, string[]> {
  const links = new Map(members.map((member) => [member.peerId, new Set<string>()]))
  const seeders = members.filter((member) => member.role === 'seeder')
  const agents = members.filter((member) => member.role === 'agent')
  for (const seeder of seeders) {
    for (const member of members) link(links, seeder, member)
  }
  linkAgents(links, agents, Math.max(0, maxPeers - seeders.length), swarmId)
  return new Map([...links].map(([peerId, peers]) => [peerId, [...peers].sort()]))
}

type Links = Map<string, Set<string>>

function linkAgents(links: Links, agents: readonly Member[], degree: number, swarmId: Uint8Array): void {
  if (agents.length - 1 <= degree) {
    linkAll(links, agents)
    return
  }
  const sites = [...Map.groupBy(agents, (member) => member.site).values()]
  // One ring over everybody keeps the swarm in one piece, whatever the sites are.
  const across = sites.length > 1 ? Math.max(2, Math.floor(degree / ACROSS_PART)) : 0
  linkRings(links, agents, across, swarmId, 'across')
  for (const site of sites) {
    if (site.length - 1 <= degree - across) linkAll(links, site)
    else linkRings(links, site, degree - across, swarmId, 'inside')
  }
}

function linkAll(links: Links, members: readonly Member[]): void {
  members.forEach((a, index) => {
    for (const b of members.slice(index + 1)) link(links, a, b)
  })
}

/**
 * The union of rings in pseudo-random orders: each adds two links to everybody, so the degree is known, the graph is
 * symmetric and connected, and a member that comes or goes touches two others a ring.
 */
function linkRings(
  links: Links,
  members: readonly Member[],
  degree: number,
  swarmId: Uint8Array,
  purpose: string,
): void {
  const hashes = new Map(members.map((member) => [member, orderHash(swarmId, purpose, member.peerId)]))
  for (let ring = 0; ring < Math.floor(degree / 2); ring += 1) {
    const order = members
      .map((member) => ({ member, key: mix(hashes.get(member) ?? 0, ring) }))
      .sort((a, b) => a.key - b.key || (a.member.peerId < b.member.peerId ? -1 : 1))
    order.forEach(({ member }, index) => {
      const next = order[(index + 1) % order.length]
      if (next !== undefined) link(links, member, next.member)
    })
  }
}

function link(links: Links, a: Member, b: Member): void {
  if (a.peerId === b.peerId) return
  links.get(a.peerId)?.add(b.peerId)
  links.get(b.peerId)?.add(a.peerId)
}

function orderHash(swarmId: Uint8Array, purpose: string, peerId: string): number {
  return createHash('sha256').update(swarmId).update(purpose).update(peerId).digest().readUInt32BE(0)
}

/** Another order for each ring without another SHA-256: the finaliser of MurmurHash3. */
function mix(hash: number, ring: number): number {
  let mixed = (hash ^ Math.imul(ring + 1, 0x9e3779b1)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
