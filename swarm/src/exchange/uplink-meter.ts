// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const decayPerSecond = 0.98
const idleShare = 0.5

/**
 * Tells an uplink that has room from one that is full: it has room when much less leaves than left lately. A peer whose
 * connection takes nothing while there is room is slow itself, and holds no upload slot.
 */
export class UplinkMeter {
  #peak = 0
  #bytes = 0
  #at: number

  constructor(now: number) {
    this.#at = now
  }

  /** @param bytesOut all bytes that ever left. @returns whether the uplink had room since the last call */
  hasRoom(bytesOut: number, now: number): boolean {
    const ms = Math.max(1, now - this.#at)
    const rate = (bytesOut - this.#bytes) / ms
    this.#peak = Math.max(this.#peak * decayPerSecond ** (ms / 1000), rate)
    this.#bytes = bytesOut
    this.#at = now
    return rate < this.#peak * idleShare
  }
}
