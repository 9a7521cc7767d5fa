// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** One timer for the earliest thing that waits; it is left alone when it rings too early. */
export class WakeTimer {
  readonly #now: () => number
  readonly #ring: () => void
  #at = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(now: () => number, ring: () => void) {
    this.#now = now
    this.#ring = () => {
      this.#at = Number.POSITIVE_INFINITY
      ring()
    }
  }

  /** @param at in the clock of `now`; infinite when nothing waits */
  expect(at: number): void {
    if (at < this.#at) {
      clearTimeout(this.#timer)
      this.#at = at
      this.#timer = setTimeout(this.#ring, Math.max(1, Math.ceil(at - this.#now())))
      this.#timer.unref()
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
