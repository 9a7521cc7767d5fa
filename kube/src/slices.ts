// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setImmediate } from 'node:timers/promises'
import type { Clock } from './clock.ts'
import type { Key } from './types.ts'

/** Reports, connections and the renewal of the lease wait no longer than this for decisions, in milliseconds. */
const sliceMs = 10

/** To be awaited between two pieces of a long decision: when it is time, lets everything else of the process go first. */
export type GiveWay = () => Promise<void> | undefined

/** The turns of one controller on the event loop. */
export interface Slices {
  /** Undefined while there is time left. */
  giveWay(key: Key): Promise<void> | undefined
}

/** @param held is told how long a turn was, in milliseconds, and for whom it began */
export function createSlices(clock: Pick<Clock, 'now'>, held: (key: Key, ms: number) => void): Slices {
  let began: number | undefined
  const begin = (key: Key): void => {
    const since = clock.now()
    began = since
    // Ticks come after promises: once all workers wait again.
    process.nextTick(() => {
      began = undefined
      held(key, clock.now() - since)
    })
  }
  const nextTurn = async (key: Key): Promise<void> => {
    await setImmediate()
    if (began === undefined) begin(key)
  }
  return {
    giveWay(key) {
      if (began === undefined) begin(key)
      else if (clock.now() - began >= sliceMs) return nextTurn(key)
      return undefined
    },
  }
}

/** What `make` makes of each of many, in slices. */
export async function mapInSlices<T, R>(
  items: Iterable<T>,
  giveWay: GiveWay,
  make: (item: T) => R,
): Promise<R[]> {
  const made: R[] = []
  for (const item of items) {
    const othersFirst = giveWay()
    // An await for each of thousands would cost more than most of what is made.
    if (othersFirst !== undefined) await othersFirst
    made.push(make(item))
  }
  return made
}
