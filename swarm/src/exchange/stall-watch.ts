// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerKey, PolicyState } from '../policy/index.ts'
import type { Session } from './session.ts'
import { UplinkMeter } from './uplink-meter.ts'

/** A connection that takes nothing for so long holds the uplink back, if that has room. */
const blockedMs = 100
/** A chunk that is being sent is overdue after so many of the usual times between two chunks, for each place. */
const overdueGaps = 4
const leastOverdueMs = 250

/** One neighbour that is being sent something; times in milliseconds. */
interface Upload {
  readonly peer: PeerKey
  readonly chunks: number
  /** For so long its connection has taken nothing. */
  readonly blockedFor: number
  /** For so long its connection has had a chunk that has not arrived. */
  readonly onTheWayFor: number
}

/** What the policy says of the uplink. */
type Spending = Pick<PolicyState, 'dealing' | 'parameters' | 'gapUp'>

/** Tells neighbours that do not take what they are sent from an uplink that is full. */
export class StallWatch {
  readonly #uplink: UplinkMeter

  constructor(now: number) {
    this.#uplink = new UplinkMeter(now)
  }

  /**
   * @param limiting a limit holds the uplink back: it is full, however much left lately
   * @param tell called for each neighbour that stalls now and did not, or does no more
   */
  look(
    policy: PolicyState,
    sessions: ReadonlyMap<string, Session>,
    { now, limiting }: { now: number; limiting: boolean },
    tell: (peer: PeerKey, stalled: boolean) => void,
  ): void {
    const room = this.#uplink.hasRoom(bytesOut(sessions), now) && !limiting
    const stalled = stalledOf(uploadsOf(policy, sessions, now), policy, room)
    for (const [peer, neighbour] of policy.neighbours) {
      if (stalled.has(peer) !== neighbour.stalled) {
        tell(peer, !neighbour.stalled)
      }
    }
  }
}

function uploadsOf(policy: PolicyState, sessions: ReadonlyMap<string, Session>, now: number): Upload[] {
  return [...policy.neighbours.values()]
    .filter(({ sending }) => sending.size > 0)
    .map(({ key: peer, sending }) => {
      const { link, onTheWay } = sessions.get(String(peer)) ?? {}
      const [oldest = now] = onTheWay?.values() ?? []
      const blockedFor = now - (link?.blockedSince ?? now)
      return { peer, chunks: sending.size, blockedFor, onTheWayFor: now - oldest }
    })
}

/**
 * Those that are overdue, and those that hold back an uplink that has room, the longest first, with no more chunks than there are
 * places. Over a slow line that seems to be so with everybody, for the system has taken the first bytes of each in no time: if all
 * counted, ever more would be under way at once, and nothing would arrive (eight nodes at 2 Mbit/s: eleven chunks in place of two).
 */
export function stalledOf(uploads: readonly Upload[], policy: Spending, room: boolean): Set<PeerKey> {
  const { dealing, parameters, gapUp } = policy
  const places = dealing ? parameters.deals : parameters.uploads
  const usual = gapUp.ms
  const overdueMs = usual === undefined ? Infinity : Math.max(leastOverdueMs, overdueGaps * places * usual)
  const waited = ({ blockedFor, onTheWayFor }: Upload): number => Math.max(blockedFor, onTheWayFor)
  const holdsBack = ({ blockedFor, onTheWayFor }: Upload): boolean =>
    (room && blockedFor >= blockedMs) || (usual === undefined && onTheWayFor >= leastOverdueMs)
  const stalled = new Set<PeerKey>()
  let left = places
  for (const upload of uploads.toSorted((a, b) => waited(b) - waited(a))) {
    if (waited(upload) >= overdueMs) {
      stalled.add(upload.peer)
    } else if (holdsBack(upload) && upload.chunks <= left) {
      stalled.add(upload.peer)
      left -= upload.chunks
    }
  }
  return stalled
}

function bytesOut(sessions: ReadonlyMap<string, Session>): number {
  let bytes = 0
  for (const session of sessions.values()) {
    bytes += session.link.bytesOut
  }
  return bytes
}
