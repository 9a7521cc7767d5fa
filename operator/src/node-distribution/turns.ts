// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface Turns {
  /** Takes a turn for it when there is one. @returns 0, or milliseconds after which to ask again */
  take(uid: string, now: number): number
  /** It wants no turn any more. */
  leave(uid: string): void
}

/**
 * So many turns a second for all together. Whoever gets none is sent away for as long as all that wait will take: thousands
 * that came back for each turn would leave the loop no time.
 */
export function createTurns(perSecond: number): Turns {
  const everyMs = 1000 / perSecond
  const waiting = new Set<string>()
  let nextAt = Number.NEGATIVE_INFINITY
  return {
    take(uid, now) {
      if (now < nextAt) {
        waiting.add(uid)
        return Math.ceil(nextAt - now + (waiting.size - 1) * everyMs)
      }
      // Who comes a little late moves nobody behind it; after a pause one comes early.
      nextAt = Math.max(nextAt, now - everyMs) + everyMs
      waiting.delete(uid)
      return 0
    },
    leave: (uid) => void waiting.delete(uid),
  }
}
