// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Bytes that a stream may send before the other end has said anything, and the least that it is ever left. */
export const firstWindow = 64 * 1024
/** All that a stream may have on its way, or hold that nobody reads. */
export const mostWindow = 4 * 1024 * 1024
/** A stream is let as much ahead as it brings in this time, or in two round trips where these are longer. */
const aheadMs = 50

/**
 * How much the other end may send ahead of what was read. Without a bound of ours whatever a connection is given stands in
 * the queues of both kernels and of the links: megabytes, behind which every word of the chunk protocol waits, and in a
 * swarm that shares links what queues for one receiver is missed by all others. So the window is what the stream brings
 * in some tenths of a second, as measured; a stream that is alone on its link gets as much as it can use.
 *
 * Sizes in bytes, times in milliseconds.
 */
export class ReadWindow {
  #window = firstWindow
  /** Bytes that the other end may still send. */
  #open = firstWindow
  /** Bytes that came since the rate was measured, and when that was. */
  #came = 0
  #measuredAt: number
  /** Bytes a millisecond, as of late. */
  #rate = 0
  /** What was open when the last credit was given: the bytes after these are sent by who has heard of it. */
  #unheard = Number.POSITIVE_INFINITY
  #creditedAt = 0
  /** Of the quickest answer to a credit. */
  #roundTripMs = 0

  constructor(now: number) {
    this.#measuredAt = now
  }

  /** Bytes came. @returns whether the other end might send them */
  take(bytes: number, now: number): boolean {
    this.#open -= bytes
    this.#came += bytes
    this.#unheard -= bytes
    if (this.#unheard < 0) {
      const ms = now - this.#creditedAt
      this.#roundTripMs = this.#roundTripMs === 0 ? ms : Math.min(this.#roundTripMs, ms)
      this.#unheard = Number.POSITIVE_INFINITY
    }
    return this.#open >= 0
  }

  /**
   * @param held bytes that came and were not read yet
   * @returns bytes more that the other end may send, which must be told; 0 while it may send half a window
   */
  credit(held: number, now: number): number {
    if (this.#open + held > this.#window / 2) {
      return 0
    }
    this.#measure(now)
    const credit = Math.max(0, this.#window - this.#open - held)
    if (credit > 0) {
      this.#unheard = this.#open
      this.#creditedAt = now
      this.#open += credit
    }
    return credit
  }

  /** One sample of a few does not make the rate: a stream rests between chunks. */
  #measure(now: number): void {
    const sample = this.#came / Math.max(now - this.#measuredAt, 0.05)
    this.#rate += (sample - this.#rate) / 4
    this.#came = 0
    this.#measuredAt = now
    const ahead = Math.round(this.#rate * Math.max(aheadMs, 2 * this.#roundTripMs))
    this.#window = Math.min(mostWindow, Math.max(firstWindow, ahead))
  }
}
