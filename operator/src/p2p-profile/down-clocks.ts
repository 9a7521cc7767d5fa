// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'

/** Since when what should be there has not been, for one term as leader. */
export interface DownClocks {
  /**
   * @param down names of what is not there now
   * @returns milliseconds since the epoch, by name
   */
  look(profileUid: string, down: readonly string[]): ReadonlyMap<string, number>
}

/** Soft state: a new leader begins to count anew, for agents connect to it one by one. */
export function createDownClocks({ caches, term, now }: Pick<Parts, 'caches' | 'term' | 'now'>): DownClocks {
  const clocks = new Map<string, ReadonlyMap<string, number>>()
  onGone(caches.profiles, term, (uid) => clocks.delete(uid))
  return {
    look(profileUid, down) {
      const before = clocks.get(profileUid)
      const since = new Map(down.map((name) => [name, before?.get(name) ?? now()]))
      clocks.set(profileUid, since)
      return since
    },
  }
}
