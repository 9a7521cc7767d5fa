// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const WINDOW_MS = 5_000
/** Asked at every chunk, it remembers no more than it needs. */
const STEP_MS = 50

/**
 * Bytes a second by which a counter has grown over the last five seconds; where it is looked at more seldom, since it was
 * looked at before.
 */
export class CounterRate {
  readonly #samples: { at: number; bytes: number }[] = []

  /**
   * @param bytes the counter now
   * @param now milliseconds of a clock that does not jump
   */
  sample(bytes: number, now: number): number {
    if (now - (this.#samples.at(-1)?.at ?? -Infinity) >= STEP_MS) this.#samples.push({ at: now, bytes })
    // The newest sample that is a whole window old is where the window begins.
    while ((this.#samples[1]?.at ?? Infinity) <= now - WINDOW_MS) this.#samples.shift()
    const first = this.#samples[0] ?? { at: now, bytes }
    return now === first.at ? 0 : Math.max(0, Math.round(((bytes - first.bytes) * 1000) / (now - first.at)))
  }
}
