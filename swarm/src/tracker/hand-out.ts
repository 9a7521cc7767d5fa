// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { elect, type Member } from './election.ts'
import { atOnce, type InParts } from './in-parts.ts'
import { inHashOrder, inRingOrder, orderHash } from './pseudo-random.ts'

/** Of the degree of an agent that is elected, one part in so many goes to links out of its site. */
const ACROSS_PART = 4

/**
 * Who is told of whom in one swarm: a symmetric graph. Inside a site everybody of everybody while that is at most `maxPeers`,
 * else a graph of about that degree; out of it only the elected, who all know each other in their site. It follows from the
 * members and the swarm ID alone: a new leader hands out the same graph, and one member more or less changes few links.
 *
 * Agents get at most `maxPeers`; a seeder, which deals, twice as many: as much as it takes.
 * @returns peer IDs by peer ID, sorted
 */
export const handOut = (...given: Parameters<typeof handOutInParts>): Map<string, string[]> =>
  atOnce(handOutInParts(...given))

/** The same, for whoever serves thousands beside it. */
export function* handOutInParts(
  members: readonly Member[],
  maxPeers: number,
  swarmId: Uint8Array,
): InParts<Map<string, string[]>> {
  const ranked = members
    .toSorted((a, b) => (a.peerId < b.peerId ? -1 : 1))
    .map((member, rank): Ranked => ({ ...member, rank }))
  const seeders = ranked.filter((member) => member.role === 'seeder')
  const agents = ranked.filter((member) => member.role === 'agent')
  const chosen = elect(members, maxPeers, swarmId)
  const elected = agents.filter(({ peerId }) => chosen.has(peerId))
  const links = ranked.map((): number[] => [])
  const graph: Graph = { links, swarmId, degree: Math.max(0, maxPeers - seeders.length) }
  linkAll(graph, seeders)
  for (const seeder of seeders) {
    yield
    linkSeeder(graph, seeder, { agents, elected }, 2 * maxPeers - seeders.length)
  }
  yield* linkAgents(graph, agents, elected)
  const names = new Map<string, string[]>()
  for (const { peerId, rank } of ranked) {
    yield
    names.set(peerId, namesOf(ranked, links[rank] ?? []))
  }
  return names
}

/** A member with its place in the order of peer IDs: by numbers 5,000 of them are sorted and linked in little time. */
interface Ranked extends Member {
  readonly rank: number
}

interface Graph {
  /** Ranks by rank, in no order and some of them twice. */
  readonly links: readonly number[][]
  readonly swarmId: Uint8Array
  /** Of an agent, but for the seeders. */
  readonly degree: number
}

interface Agents {
  readonly agents: readonly Ranked[]
  readonly elected: readonly Ranked[]
}

function namesOf(ranked: readonly Ranked[], links: readonly number[]): string[] {
  const names: string[] = []
  let last = -1
  for (const rank of new Uint32Array(links).sort()) {
    if (rank !== last) names.push(ranked[rank]?.peerId ?? '')
    last = rank
  }
  return names
}

/**
 * To agents of its site, first of all the elected, who send nothing out of the site while they see it deal; and to elected
 * ones of the others, the same number of each site: half of its links if there are so many. Readers of the origin have one in any case.
 */
function linkSeeder(graph: Graph, seeder: Ranked, { agents, elected }: Agents, room: number): void {
  const byHash = (some: readonly Ranked[]) => inHashOrder(some, graph.swarmId, seeder.peerId)
  const sites = Map.groupBy(byHash(elected), ({ site }) => site)
  const mates = sites.get(seeder.site) ?? []
  sites.delete(seeder.site)
  const near = [...new Set([...mates, ...byHash(agents.filter(({ site }) => site === seeder.site))])]
  const far = inTurns([...sites.values()])
  const across = Math.min(far.length, Math.max(Math.floor(room / 2), room - near.length))
  const readers = agents.filter(({ reads }) => reads)
  for (const agent of [...readers, ...far.slice(0, across), ...near.slice(0, room - across)]) {
    link(graph, seeder, agent)
  }
}

/** The first of each, then the second of each, and so on. */
function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat()
}

function* linkAgents(graph: Graph, agents: readonly Ranked[], elected: readonly Ranked[]): InParts<void> {
  const { degree } = graph
  const sites = [...Map.groupBy(agents, ({ site }) => site).values()]
  if (agents.length - 1 <= degree) {
    linkAll(graph, elected)
    for (const site of sites) linkAll(graph, site)
    return
  }
  const across = elected.length > 0 ? Math.max(2, Math.floor((degree + 1) / ACROSS_PART)) : 0
  yield* linkSome(graph, elected, across, 'across')
  const electedOf = Map.groupBy(elected, ({ site }) => site)
  for (const site of sites) {
    const mates = electedOf.get(site[0]?.site ?? '') ?? []
    linkAll(graph, mates)
    yield* linkSome(graph, site, Math.max(2, degree - across - Math.max(0, mates.length - 1)), 'inside')
  }
}

function* linkSome(graph: Graph, members: readonly Ranked[], degree: number, purpose: string): InParts<void> {
  if (members.length - 1 <= degree) linkAll(graph, members)
  else yield* linkRings(graph, members, degree, purpose)
}

function linkAll(graph: Graph, members: readonly Ranked[]): void {
  members.forEach((a, index) => {
    for (const b of members.slice(index + 1)) link(graph, a, b)
  })
}

/**
 * The union of rings in pseudo-random orders: each adds two links to everybody, so the degree is known, the graph is
 * symmetric and connected, and a member that comes or goes touches two others a ring.
 */
function* linkRings(
  graph: Graph,
  members: readonly Ranked[],
  degree: number,
  purpose: string,
): InParts<void> {
  yield
  const hashes = members.map(({ peerId }) => orderHash(graph.swarmId, purpose, peerId))
  for (let ring = 0; ring < Math.floor(degree / 2); ring += 1) {
    yield
    const order = inRingOrder(hashes, ring)
    let before = members[order.at(-1) ?? 0]
    for (const at of order) {
      const member = members[at]
      if (member && before) link(graph, before, member)
      before = member
    }
  }
}

function link({ links }: Graph, a: Ranked, b: Ranked): void {
  if (a.rank === b.rank) return
  links[a.rank]?.push(b.rank)
  links[b.rank]?.push(a.rank)
}
