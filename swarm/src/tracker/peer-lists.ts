// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isDeepStrictEqual } from 'node:util'
import { create } from '@bufbuild/protobuf'
import { type Peer, PeerSchema } from '../proto/tracker_pb.ts'
import { elect } from './election.ts'
import { handOutInParts } from './hand-out.ts'
import { atOnce, type InParts } from './in-parts.ts'
import type { ClientIdentity, TrackerClientView } from './types.ts'

/** Somebody who is in a swarm. */
export type SwarmMember = Pick<TrackerClientView, 'peerId' | 'addresses' | 'identity'>

/**
 * What every member of a swarm is told: whom it may talk to, where these are and who of them is elected to ask other sites.
 * Each list names its reader too, which learns from it where it is itself.
 * @param readers peer IDs of agents that read the origin
 * @param open where chunks stay in their site: peer IDs of those that get them from others all the same
 * @returns lists by peer ID
 */
export const peerLists = (...given: Parameters<typeof peerListsInParts>): Map<string, Peer[]> =>
  atOnce(peerListsInParts(...given))

/** The same, for whoever serves thousands beside it. */
export function* peerListsInParts(
  clients: readonly SwarmMember[],
  maxPeers: number,
  swarmId: Uint8Array,
  readers: readonly string[] = [],
  open?: ReadonlySet<string>,
): InParts<Map<string, Peer[]>> {
  const members = clients.map(({ peerId, identity: { site, role } }) => ({
    peerId,
    site,
    role,
    reads: readers.includes(peerId),
  }))
  const elected = open ?? elect(members, maxPeers, swarmId)
  const apart = open !== undefined
  const told = new Map<string, Peer>()
  for (const one of clients) {
    yield
    told.set(one.peerId, peerOf(one, elected.has(one.peerId), apart))
  }
  const lists = new Map<string, Peer[]>()
  for (const [peerId, others] of yield* handOutInParts(members, maxPeers, swarmId)) {
    yield
    lists.set(
      peerId,
      [peerId, ...others].map((one) => told.get(one)).filter((one) => one !== undefined),
    )
  }
  return lists
}

/** By identity, of which every connection has its own: what was made of it last, by what it is in a swarm. */
const made = new WeakMap<ClientIdentity, Map<string, Peer>>()

/** The same object while it says the same: lists of these are compared and encoded in little time. */
function peerOf({ peerId, addresses, identity }: SwarmMember, elected: boolean, apart: boolean): Peer {
  const known = made.get(identity) ?? new Map<string, Peer>()
  made.set(identity, known)
  const part = `${elected} ${apart}`
  const before = known.get(part)
  if (before?.peerId === peerId && isDeepStrictEqual(before.addresses, addresses)) return before
  const { node, site, role } = identity
  const peer = create(PeerSchema, { peerId, addresses: [...addresses], node, site, role, elected, apart })
  known.set(part, peer)
  return peer
}
