// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerKey, PolicyState } from '../policy/index.ts'
import type { Session } from './session.ts'
import { UplinkMeter } from './uplink-meter.ts'

const blockedMs = 100
/** A chunk that the connection has taken is overdue after so many of the usual times between two chunks, for each place. */
const overdueGaps = 4
const leastOverdueMs = 250

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
    const overdueMs = overdueAfter(policy)
    for (const [peer, neighbour] of policy.neighbours) {
      const session = sessions.get(String(peer))
      const blocked = room && now - (session?.link.blockedSince ?? now) >= blockedMs
      const [oldest = now] = session?.onTheWay.values() ?? []
      const stalled = neighbour.sending.size > 0 && (blocked || now - oldest >= overdueMs)
      if (stalled !== neighbour.stalled) {
        tell(peer, stalled)
      }
    }
  }
}

function bytesOut(sessions: ReadonlyMap<string, Session>): number {
  let bytes = 0
  for (const session of sessions.values()) {
    bytes += session.link.bytesOut
  }
  return bytes
}

function overdueAfter({ dealing, parameters, gapUp }: PolicyState): number {
  const places = dealing ? parameters.deals : parameters.uploads
  return Math.max(leastOverdueMs, overdueGaps * places * (gapUp.ms ?? 0))
}
