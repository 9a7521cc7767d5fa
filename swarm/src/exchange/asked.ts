// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * What one peer was asked for and has not answered. The same chunk may be asked for again after it was called off, and
 * then both answers may come, for the first had left already: so they are counted. A request that the peer dropped when
 * it was called off stays open, which lets it send that chunk once more at most.
 */
export class Asked {
  readonly #open = new Map<number, { count: number; since: number }>()

  /** @param now milliseconds of any clock */
  ask(chunk: number, now: number): void {
    this.#open.set(chunk, { count: (this.#open.get(chunk)?.count ?? 0) + 1, since: now })
  }

  /** It sent the chunk, or said that it will not. */
  answered(chunk: number): void {
    const open = this.#open.get(chunk)
    if (open === undefined || open.count === 1) this.#open.delete(chunk)
    else open.count -= 1
  }

  /** When it was asked for last; undefined when every request was answered. */
  since(chunk: number): number | undefined {
    return this.#open.get(chunk)?.since
  }
}
