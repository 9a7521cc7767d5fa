// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import type { Down } from './down.ts'

/** Since when each node of a profile has been without its agent, for one term as leader. */
export interface DownClocks {
  /** @returns milliseconds since the epoch, by name of the node */
  look(profileUid: string, down: readonly Down[]): ReadonlyMap<string, number>
}

/** Soft state: a new leader begins to count anew, for agents connect to it one by one. */
export function createDownClocks({ caches, term, now }: Pick<Parts, 'caches' | 'term' | 'now'>): DownClocks {
  const clocks = new Map<string, ReadonlyMap<string, number>>()
  onGone(caches.profiles, term, (uid) => clocks.delete(uid))
  return {
    look(profileUid, down) {
      const before = clocks.get(profileUid)
      const since = new Map(down.map(({ node }) => [node, before?.get(node) ?? now()]))
      clocks.set(profileUid, since)
      return since
    },
  }
}
