// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const windowMs = 10_000
const mostSamples = 31

/**
 * How long a word and its answer take: from INVITE to what comes back, from REQUEST to the first bytes. The median of the
 * last seconds counts: the wait in the queue of a full link is a part of it that lasts as long as there is work, and with
 * less in flight than that takes, uplinks stand idle.
 */
export class TurnaroundMeter {
  readonly #invited = new Map<string, number>()
  readonly #samples: { at: number; ms: number }[] = []

  invited(peer: string, now: number): void {
    if (!this.#invited.has(peer)) {
      this.#invited.set(peer, now)
    }
  }

  answered(peer: string, now: number): void {
    const since = this.#invited.get(peer)
    if (since !== undefined) {
      this.#invited.delete(peer)
      this.add(now - since, now)
    }
  }

  add(ms: number, now: number): void {
    this.#samples.push({ at: now, ms })
    if (this.#samples.length > mostSamples) {
      this.#samples.shift()
    }
  }

  /** Undefined while nothing was answered in the last seconds. */
  usual(now: number): number | undefined {
    const recent = this.#samples.filter(({ at }) => now - at <= windowMs).map(({ ms }) => ms)
    return recent.sort((a, b) => a - b)[recent.length >> 1]
  }
}
