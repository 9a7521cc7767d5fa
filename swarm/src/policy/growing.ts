// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hasBit } from './bits.ts'
import { undeal } from './dealing.ts'
import { markNeeded } from './rarity.ts'
import type { PolicyState, Turn } from './state.ts'

/** A file that is still read from its origin: its chunks come into being one after the other, at the seeder first. */

/** Their digests are known from now on: they may be asked for, but for those that this node copies from its own disk. */
export function noteBorn(turn: Turn, chunks: readonly number[], copying: readonly number[]): void {
  const { state } = turn
  for (const chunk of copying) {
    if (!hasBit(state.mine, chunk)) {
      state.copying.add(chunk)
      state.verifying.add(chunk)
    }
  }
  for (const chunk of chunks) {
    const away = hasBit(state.mine, chunk) || state.verifying.has(chunk) || state.inFlight.has(chunk)
    if (state.unborn.delete(chunk) && !away) {
      markNeeded(state.rarity, chunk)
    }
  }
}

/** The seeder has read it: it is dealt as any other, unless a receiver has it from before the seeder began anew. */
export function noteRead(state: PolicyState, chunk: number): void {
  if (state.unborn.delete(chunk)) {
    undeal(state, chunk)
  }
}
