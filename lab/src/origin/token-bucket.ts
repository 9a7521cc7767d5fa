// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** A rate limit shared by whoever takes from it; pure, the caller says what time it is and does the waiting. */
export interface TokenBucket {
  /** Takes the bytes and returns how many milliseconds to wait before sending them. */
  take(bytes: number, nowMs: number): number
}

/**
 * @param bytesPerSecond the rate in the long run
 * @param burstBytes what may go at once after a pause
 */
export function createTokenBucket(bytesPerSecond: number, burstBytes: number): TokenBucket {
  let tokens = burstBytes
  let last: number | undefined
  return {
    take(bytes, nowMs) {
      const elapsed = last === undefined ? 0 : Math.max(0, nowMs - last)
      last = nowMs
      tokens = Math.min(burstBytes, tokens + (elapsed * bytesPerSecond) / 1000) - bytes
      // A debt is paid by waiting; those who come later wait for it too, so that the rate holds for all together.
      return tokens >= 0 ? 0 : (-tokens / bytesPerSecond) * 1000
    },
  }
}
