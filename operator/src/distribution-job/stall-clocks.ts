// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { reportIntervalMs } from '../tracker/report-interval.ts'
import { type Seen, sightOf } from './sight.ts'
import { lookAgain, type Sight, type StallClock, startClock, takeOverGraceMs } from './stall-clock.ts'

/** The stall clocks of every node at work, for one term as leader. */
export interface StallClocks {
  /** @returns by name of the row: milliseconds for which the node has got nothing done although it could */
  look(seen: readonly Seen[], goesOn: boolean): ReadonlyMap<string, number>
}

/** Soft state: a new leader begins to count anew, which can only give a node more time. */
export function createStallClocks({ caches, tracker, term, now }: Parts): StallClocks {
  const startedAt = now()
  const clocks = new Map<string, StallClock>()
  onGone(caches.nodeDistributions, term, (uid) => clocks.delete(uid))
  const first = ({ object }: Seen, sight: Sight, graceUntil: number): StallClock => {
    const made = Date.parse(object.metadata.creationTimestamp ?? '') || 0
    return startClock(sight, made < startedAt, graceUntil, now())
  }
  return {
    look(all, goesOn) {
      const idle = new Map<string, number>()
      // Once, and not for each row: to count the clients is to list them all.
      const graceUntil = startedAt + takeOverGraceMs(reportIntervalMs(tracker.clients().length))
      for (const seen of all) {
        const { uid = '', name } = seen.object.metadata
        const before = clocks.get(uid)
        const sight = sightOf(seen, goesOn)
        const clock = before ? lookAgain(before, sight, now()) : first(seen, sight, graceUntil)
        clocks.set(uid, clock)
        idle.set(name, clock.idleMs)
      }
      return idle
    },
  }
}
