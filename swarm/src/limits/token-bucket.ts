// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** So much of what was not used may be made up for: it bridges late timers, and is 0.5 % of ten seconds. */
const burstMs = 50

/**
 * A rate in the long run: bytes are let go when no debt is left, and make one that time pays off. So a chunk that is
 * larger than what a moment is worth needs no room of its own. Pure: the caller says what time it is.
 */
export class TokenBucket {
  #rate: number
  /** Negative while bytes that were let go are paid off. */
  #level = 0
  #at: number
  #burstMs = burstMs

  /** @param rate bytes a second. @param now milliseconds of a clock that does not run backwards */
  constructor(rate: number, now: number) {
    this.#rate = rate
    this.#at = now
  }

  get rate(): number {
    return this.#rate
  }

  /** A debt keeps its time: what was let go at a high rate is not paid off for ever at a low one. */
  setRate(rate: number, now: number, mostBurstMs = burstMs): void {
    this.#fill(now)
    this.#burstMs = mostBurstMs
    if (rate < this.#rate) {
      this.#level *= rate / this.#rate
    }
    this.#rate = rate
  }

  /** Lets the bytes go, or says in how many milliseconds to ask again. */
  take(bytes: number, now: number): number {
    this.#fill(now)
    if (this.#level < 0) {
      return (-this.#level * 1000) / this.#rate
    }
    this.#level -= bytes
    return 0
  }

  #fill(now: number): void {
    const most = (this.#rate * this.#burstMs) / 1000
    this.#level = Math.min(most, this.#level + (Math.max(0, now - this.#at) * this.#rate) / 1000)
    this.#at = Math.max(now, this.#at)
  }
}
