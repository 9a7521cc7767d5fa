// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What is to be seen of a swarm at one moment. */
export interface Standing {
  readonly bytesHeld: number
  /** Connected peers that hold something this node lacks, or deal. */
  readonly usefulPeers: number
  /** Milliseconds of a clock that only goes forward. */
  readonly now: number
}

/** For how long nothing has come while no peer that can be reached has what is missing. */
export class StallClock {
  #since: number
  #bytesHeld = -1

  constructor(now: number) {
    this.#since = now
  }

  /** @returns milliseconds */
  look({ bytesHeld, usefulPeers, now }: Standing): number {
    if (bytesHeld !== this.#bytesHeld || usefulPeers > 0) this.#since = now
    this.#bytesHeld = bytesHeld
    return now - this.#since
  }
}
