// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { reportIntervalMs } from '../tracker/report-interval.ts'
import { type Seen, sightOf } from './sight.ts'
import { lookAgain, type StallClock, startClock, takeOverGraceMs } from './stall-clock.ts'

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
  const first = (seen: Seen, goesOn: boolean): StallClock => {
    const made = Date.parse(seen.object.metadata.creationTimestamp ?? '') || 0
    const graceUntil = startedAt + takeOverGraceMs(reportIntervalMs(tracker.clients().length))
    return startClock(sightOf(seen, goesOn), made < startedAt, graceUntil, now())
  }
  return {
    look(all, goesOn) {
      const idle = new Map<string, number>()
      for (const seen of all) {
        const { uid = '', name } = seen.object.metadata
        const before = clocks.get(uid)
        const clock = before ? lookAgain(before, sightOf(seen, goesOn), now()) : first(seen, goesOn)
        clocks.set(uid, clock)
        idle.set(name, clock.idleMs)
      }
      return idle
    },
  }
}
