// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { markNeeded } from './chunk-table.ts'
import { undeal } from './dealing.ts'
import { isHeld, type PolicyState, type Turn } from './state.ts'

/** A file that is still read from its origin: its chunks come into being one after the other, at the seeder first. */

/** Their digests are known from now on: they may be asked for, but for those that this node copies from its own disk. */
export function noteBorn(turn: Turn, chunks: readonly number[], copying: readonly number[]): void {
  const { state } = turn
  for (const chunk of copying) {
    if (!isHeld(state, chunk)) {
      state.copying.add(chunk)
      state.verifying.add(chunk)
    }
  }
  for (const chunk of chunks) {
    const away = isHeld(state, chunk) || state.verifying.has(chunk) || state.inFlight.has(chunk)
    if (state.unborn.delete(chunk) && !away) {
      markNeeded(state.table, chunk)
    }
  }
}

/** The seeder has read it: it is dealt as any other, unless a receiver has it from before the seeder began anew. */
export function noteRead(state: PolicyState, chunk: number): void {
  if (state.unborn.delete(chunk)) {
    undeal(state, chunk)
  }
}
