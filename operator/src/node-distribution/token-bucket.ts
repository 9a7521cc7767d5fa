// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface TokenBucket {
  /** Takes one token when there is one. */
  take(now: number): boolean
  /** Milliseconds until there is one; 0 when there is. */
  waitMs(now: number): number
}

/** @param perSecond tokens that come in a second; @param burst how many it holds at most. Times in milliseconds. */
export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst
  let filledAt = Number.NEGATIVE_INFINITY
  const fill = (now: number): void => {
    const gained = filledAt === Number.NEGATIVE_INFINITY ? 0 : ((now - filledAt) / 1000) * perSecond
    tokens = Math.min(burst, tokens + Math.max(0, gained))
    filledAt = now
  }
  return {
    take(now) {
      fill(now)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    waitMs(now) {
      fill(now)
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
  }
}
