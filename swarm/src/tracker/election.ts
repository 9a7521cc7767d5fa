// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { inHashOrder } from './pseudo-random.ts'

/** What the hand-out needs to know of a peer. */
export interface Member {
  readonly peerId: string
  readonly site: string
  readonly role: 'agent' | 'seeder'
  /** It reads a part of the file from its origin, and tells a seeder what that is. */
  readonly reads?: boolean
}

/** Enough that a line between sites is full while some of them wait, and few enough that they can all know each other. */
const MOST_ELECTED = 8
const ELECTED_PART = 4

/**
 * The agents of each site that have links out of it, and ask for what is not in it; nobody where there is one site. It follows
 * from members and swarm ID alone: when one goes the next takes its place, and the others stay.
 */
export function elect(members: readonly Member[], maxPeers: number, swarmId: Uint8Array): Set<string> {
  const sites = Map.groupBy(members, ({ site }) => site)
  if (sites.size < 2) return new Set()
  const count = Math.min(MOST_ELECTED, Math.max(1, Math.floor(maxPeers / ELECTED_PART)))
  const elected = [...sites.values()].flatMap((site) => {
    const agents = site.filter(({ role }) => role === 'agent')
    return inHashOrder(agents, swarmId, 'elected').slice(0, count)
  })
  return new Set(elected.map(({ peerId }) => peerId))
}
