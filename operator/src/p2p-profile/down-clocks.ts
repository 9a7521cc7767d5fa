// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Informer, KubeObject } from '@patchswarm/kube'
import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'

/** Since when what should be there has not been, for one term as leader. */
export interface DownClocks {
  /**
   * @param down names of what is not there now
   * @returns milliseconds since the epoch, by name
   */
  look(ownerUid: string, down: readonly string[]): ReadonlyMap<string, number>
}

/**
 * Soft state: a new leader begins to count anew, for agents connect to it one by one.
 * @param owners of what should be there
 */
export function createDownClocks<T extends KubeObject>(
  owners: Informer<T>,
  { term, now }: Pick<Parts, 'term' | 'now'>,
): DownClocks {
  const clocks = new Map<string, ReadonlyMap<string, number>>()
  onGone(owners, term, (uid) => clocks.delete(uid))
  return {
    look(ownerUid, down) {
      const before = clocks.get(ownerUid)
      const since = new Map(down.map((name) => [name, before?.get(name) ?? now()]))
      clocks.set(ownerUid, since)
      return since
    },
  }
}
