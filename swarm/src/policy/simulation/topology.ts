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

/** The neighbours of each node. */
export function neighboursOf(nodes: number, edges: readonly Edge[]): number[][] {
  const neighbours: number[][] = Array.from({ length: nodes }, () => [])
  for (const [a, b] of edges) {
    neighbours[a]?.push(b)
    neighbours[b]?.push(a)
  }
  return neighbours
}
