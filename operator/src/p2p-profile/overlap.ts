// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mostNamed, type Observed } from './observed.ts'
import { isMeant, rivalOn } from './territory.ts'

export interface Overlap {
  count: number
  nodes: { node: string; profile: string }[]
}

/** Nodes that the profile matches and an older one has. */
export function overlapOf({
  profile,
  nodes,
  rivals,
}: Pick<Observed, 'profile' | 'nodes' | 'rivals'>): Overlap {
  if (rivals.length === 0) return { count: 0, nodes: [] }
  const lost = nodes
    .filter((node) => isMeant(node, profile))
    .map((node) => ({ node: node.metadata.name, profile: rivalOn(node, rivals)?.metadata.name ?? '' }))
    .filter((one) => one.profile !== '')
    .sort((a, b) => (a.node < b.node ? -1 : 1))
  return { count: lost.length, nodes: lost.slice(0, mostNamed) }
}
