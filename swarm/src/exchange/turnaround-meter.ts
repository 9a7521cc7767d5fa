// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const windowMs = 10_000

/**
 * How long a word and its answer take: from INVITE to what comes back, from REQUEST to the first bytes. The smallest of
 * the last seconds counts, for the others have waited in a queue, and a queue is no reason to keep more in flight.
 */
export class TurnaroundMeter {
  readonly #invited = new Map<string, number>()
  #current = Number.POSITIVE_INFINITY
  #previous = Number.POSITIVE_INFINITY
  #turnedAt = 0

  invited(peer: string, now: number): void {
    if (!this.#invited.has(peer)) {
      this.#invited.set(peer, now)
    }
  }

  answered(peer: string, now: number): void {
    const since = this.#invited.get(peer)
    if (since !== undefined) {
      this.#invited.delete(peer)
      this.add(now - since)
    }
  }

  add(ms: number): void {
    this.#current = Math.min(this.#current, ms)
  }

  best(now: number): number | undefined {
    if (now - this.#turnedAt > windowMs) {
      this.#previous = this.#current
      this.#current = Number.POSITIVE_INFINITY
      this.#turnedAt = now
    }
    const best = Math.min(this.#current, this.#previous)
    return best === Number.POSITIVE_INFINITY ? undefined : best
  }
}
