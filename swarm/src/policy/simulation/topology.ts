// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Two neighbours, by their numbers. */
export type Edge = readonly [number, number]

/** Everybody is a neighbour of everybody. */
export function fullMesh(nodes: number): Edge[] {
  const edges: Edge[] = []
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) {
      edges.push([a, b])
    }
  }
  return edges
}

export const chain = (nodes: number): Edge[] => Array.from({ length: nodes - 1 }, (_, at) => [at, at + 1])

/** Node 0 in the middle. */
export const star = (nodes: number): Edge[] => Array.from({ length: nodes - 1 }, (_, at) => [0, at + 1])

/**
 * Every node asks for `degree` / 2 random others, so that it has about `degree` neighbours; a ring through all of them
 * keeps the graph in one piece.
 */
export function randomGraph(nodes: number, degree: number, random: () => number): Edge[] {
  if (degree >= nodes - 1) {
    return fullMesh(nodes)
  }
  const seen = new Set<number>()
  const edges: Edge[] = []
  const connect = (a: number, b: number) => {
    const key = Math.min(a, b) * nodes + Math.max(a, b)
    if (a !== b && !seen.has(key)) {
      seen.add(key)
      edges.push([a, b])
    }
  }
  for (let node = 0; node < nodes; node++) {
    connect(node, (node + 1) % nodes)
  }
  const target = Math.round((nodes * degree) / 2)
  while (edges.length < target) {
    connect(Math.floor(random() * nodes), Math.floor(random() * nodes))
  }
  return edges
}

/**
 * Sites of equal size, node 0 in the first: inside a random graph, and from site to site `elected` nodes of each, which all know each
 * other in their site; the first of each site knows the first of all others, the second the second, and so on. Node 0 knows all elected.
 */
export function siteGraph(sizes: SiteSizes, random: () => number): Edge[] {
  const { sites, elected } = sizes
  const edges = new Map<string, Edge>()
  const connect = (a: number, b: number) => {
    if (a !== b) edges.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [a, b])
  }
  const members = Array.from({ length: sites }, (_, site) => membersOf(sizes, site))
  for (const [site, nodes] of members.entries()) {
    const inside = site === 0 ? [0, ...nodes] : nodes
    for (const [a, b] of randomGraph(inside.length, sizes.degree, random)) {
      connect(inside[a] ?? 0, inside[b] ?? 0)
    }
  }
  const chosen = members.map((nodes) => nodes.slice(0, elected))
  for (const mates of chosen) {
    for (const [at, node] of mates.entries()) {
      const peers = [0, ...mates, ...chosen.map((others) => others[at] ?? node)]
      for (const peer of peers) connect(node, peer)
    }
  }
  return [...edges.values()]
}

export interface SiteSizes {
  readonly receivers: number
  readonly sites: number
  /** Nodes of each site with neighbours in others. */
  readonly elected: number
  /** Neighbours inside the site. */
  readonly degree: number
}

/** Receivers by site, as they are numbered. */
export const siteOf = ({ receivers, sites }: Pick<SiteSizes, 'receivers' | 'sites'>, id: number): number =>
  id === 0 ? 0 : Math.floor(((id - 1) * sites) / receivers)

/** Whether it has neighbours in other sites. */
export const isElected = (sizes: Omit<SiteSizes, 'degree'>, id: number): boolean =>
  id === 0 || id <= sizes.elected || siteOf(sizes, id - sizes.elected) !== siteOf(sizes, id)

function membersOf(sizes: SiteSizes, site: number): number[] {
  const all = Array.from({ length: sizes.receivers }, (_, at) => at + 1)
  return all.filter((id) => siteOf(sizes, id) === site)
}

/** The neighbours of each node. */
export function neighboursOf(nodes: number, edges: readonly Edge[]): number[][] {
  const neighbours: number[][] = Array.from({ length: nodes }, () => [])
  for (const [a, b] of edges) {
    neighbours[a]?.push(b)
    neighbours[b]?.push(a)
  }
  return neighbours
}
