// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const strikesToQuarantine = 2
const quarantineMs = 10 * 60_000

/** What peers did that no honest peer does, counted since this process started. */
export interface ConductCounts {
  readonly strikes: number
  readonly quarantines: number
  /** Peers that are not spoken to now. */
  readonly quarantined: number
}

/** Strikes against peers: with the second, a peer is not spoken to for ten minutes and begins anew after that. */
export class Conduct {
  readonly #strikes = new Map<string, number>()
  readonly #until = new Map<string, number>()
  #allStrikes = 0
  #quarantines = 0

  /**
   * @param now milliseconds of any clock that does not run backwards
   * @returns the strikes of the peer, and whether this one puts it into quarantine
   */
  strike(peerId: string, now: number): { strikes: number; quarantined: boolean } {
    const strikes = (this.#strikes.get(peerId) ?? 0) + 1
    this.#allStrikes += 1
    if (strikes < strikesToQuarantine) {
      this.#strikes.set(peerId, strikes)
      return { strikes, quarantined: false }
    }
    this.#strikes.delete(peerId)
    this.#until.set(peerId, now + quarantineMs)
    this.#quarantines += 1
    return { strikes, quarantined: true }
  }

  isQuarantined(peerId: string, now: number): boolean {
    return (this.#until.get(peerId) ?? Number.NEGATIVE_INFINITY) > now
  }

  counts(now: number): ConductCounts {
    for (const peerId of this.#until.keys()) {
      if (!this.isQuarantined(peerId, now)) {
        this.#until.delete(peerId)
      }
    }
    return { strikes: this.#allStrikes, quarantines: this.#quarantines, quarantined: this.#until.size }
  }
}
