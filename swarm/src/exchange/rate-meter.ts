// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const slots = 10

/** Bytes a second over the last seconds, and in all. */
export class RateMeter {
  total = 0
  readonly #slotMs: number
  readonly #bytes = new Float64Array(slots)
  #slot = 0
  #startedAt: number

  /** @param windowMs the time that the rate is a mean of */
  constructor(now: number, windowMs = 5000) {
    this.#slotMs = windowMs / slots
    this.#startedAt = now
    this.#slot = Math.floor(now / this.#slotMs)
  }

  add(bytes: number, now: number): void {
    this.#advance(now)
    this.total += bytes
    this.#bytes[this.#slot % slots] = (this.#bytes[this.#slot % slots] ?? 0) + bytes
  }

  rate(now: number): number {
    this.#advance(now)
    const sum = this.#bytes.reduce((a, b) => a + b, 0)
    // The window has the part of the current slot that is over, and no more than the meter's own life.
    const covered = (slots - 1) * this.#slotMs + (now % this.#slotMs)
    const ms = Math.max(Math.min(covered, now - this.#startedAt), this.#slotMs / 5)
    return (sum * 1000) / ms
  }

  #advance(now: number): void {
    const current = Math.floor(now / this.#slotMs)
    if (current - this.#slot >= slots) {
      this.#bytes.fill(0)
      this.#slot = current
    }
    while (this.#slot < current) {
      this.#slot += 1
      this.#bytes[this.#slot % slots] = 0
    }
  }
}
