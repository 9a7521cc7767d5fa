// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isDeepStrictEqual } from 'node:util'
import { peerListsInParts, type SwarmMember, type TrackerServer } from '@patchswarm/swarm/tracker'
import type { Breathe } from './pace.ts'

/** Who is in a swarm, and what else the lists of its members follow from. */
export interface Membership {
  readonly id: Uint8Array
  readonly members: readonly SwarmMember[]
  readonly maxPeers: number
  /** Peer IDs of agents that read the origin. */
  readonly readers: readonly string[]
  /** Where chunks stay in their site: peer IDs of those that get them from others all the same. */
  readonly open: ReadonlySet<string> | undefined
}

export interface PeerHandOut {
  /** From now on these are the swarms, each under a key of its own. */
  take(swarms: ReadonlyMap<string, Membership>): void
  /** Tells the members of swarms that have changed since. */
  run(breathe: Breathe): Promise<void>
}

/** Most of what happens leaves swarms as they are, and in a large one the lists take longer than all else. */
export function createPeerHandOut(tracker: Pick<TrackerServer, 'publishPeers'>): PeerHandOut {
  let present: ReadonlyMap<string, Membership> = new Map()
  const handedOut = new Map<string, Membership>()
  return {
    take(swarms) {
      present = swarms
    },
    async run(breathe) {
      for (const key of handedOut.keys()) if (!present.has(key)) handedOut.delete(key)
      for (const [key, swarm] of present) {
        if (isSame(handedOut.get(key), swarm)) continue
        await tellMembers(tracker, swarm, breathe)
        handedOut.set(key, { ...swarm, members: swarm.members.map(slim) })
      }
    },
  }
}

async function tellMembers(
  tracker: Pick<TrackerServer, 'publishPeers'>,
  { id, members, maxPeers, readers, open }: Membership,
  breathe: Breathe,
): Promise<void> {
  const making = peerListsInParts(members, maxPeers, id, readers, open)
  let made = making.next()
  for (; !made.done; made = making.next()) await breathe()
  for (const [peerId, peers] of made.value) {
    await breathe()
    tracker.publishPeers(peerId, id, peers)
  }
}

/** Every connection has an identity of its own: whoever has connected anew has been told nothing yet. */
const isSame = (before: Membership | undefined, now: Membership): boolean =>
  before?.maxPeers === now.maxPeers &&
  before.members.length === now.members.length &&
  before.members.every((one, at) => one.identity === now.members[at]?.identity) &&
  isDeepStrictEqual([before.readers, before.open], [now.readers, now.open])

/** Without the reports, which need not stay in memory. */
const slim = ({ peerId, identity, addresses }: SwarmMember): SwarmMember => ({ peerId, identity, addresses })
