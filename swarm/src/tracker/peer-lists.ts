// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { elect } from './election.ts'
import { handOut } from './hand-out.ts'
import type { PeerInit, TrackerClientView } from './types.ts'

/** Somebody who is in a swarm. */
export type SwarmMember = Pick<TrackerClientView, 'peerId' | 'addresses' | 'identity'>

/**
 * What every member of a swarm is told: whom it may talk to, where these are and who of them is elected to ask other sites.
 * Each list names its reader too, which learns from it where it is itself.
 * @param readers peer IDs of agents that read the origin
 * @param open where chunks stay in their site: peer IDs of those that get them from others all the same
 * @returns lists by peer ID
 */
export function peerLists(
  clients: readonly SwarmMember[],
  maxPeers: number,
  swarmId: Uint8Array,
  readers: readonly string[] = [],
  open?: ReadonlySet<string>,
): Map<string, PeerInit[]> {
  const members = clients.map(({ peerId, identity: { site, role } }) => ({
    peerId,
    site,
    role,
    reads: readers.includes(peerId),
  }))
  const elected = open ?? elect(members, maxPeers, swarmId)
  const apart = open !== undefined
  const told = new Map(
    clients.map((one) => [one.peerId, { ...peerOf(one), elected: elected.has(one.peerId), apart }]),
  )
  const lists = [...handOut(members, maxPeers, swarmId)].map(([peerId, others]): [string, PeerInit[]] => [
    peerId,
    [peerId, ...others].flatMap((one) => told.get(one) ?? []),
  ])
  return new Map(lists)
}

const peerOf = ({ peerId, addresses, identity: { node, site, role } }: SwarmMember): PeerInit => ({
  peerId,
  addresses: [...addresses],
  node,
  site,
  role,
})
