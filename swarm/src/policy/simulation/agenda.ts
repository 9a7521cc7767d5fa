// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** What is to happen in a simulation, by time; equal times in the order they were added. A binary heap. */
export class Agenda {
  now = 0
  #order = 0
  readonly #heap: Entry[] = []

  add(at: number, run: () => void): void {
    this.#heap.push({ at: Math.max(at, this.now), order: this.#order++, run })
    let child = this.#heap.length - 1
    while (child > 0 && this.#before(child, (child - 1) >>> 1)) {
      this.#swap(child, (child - 1) >>> 1)
      child = (child - 1) >>> 1
    }
  }

  /** @throws Error when nothing is left to happen, or `limitMs` of simulated time have passed, before `done` */
  run(done: () => boolean, limitMs: number): void {
    while (!done()) {
      const next = this.#pop()
      if (next === undefined || next.at > limitMs) {
        throw new Error(next === undefined ? 'nothing is going on any more' : `not done in ${limitMs} ms`)
      }
      this.now = next.at
      next.run()
    }
  }

  #pop(): Entry | undefined {
    this.#swap(0, this.#heap.length - 1)
    const next = this.#heap.pop()
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const child = this.#before(left + 1, left) ? left + 1 : left
      if (!this.#before(child, at)) {
        return next
      }
      this.#swap(at, child)
      at = child
    }
  }

  #before(a: number, b: number): boolean {
    const x = this.#heap[a]
    const y = this.#heap[b]
    return x !== undefined && y !== undefined && (x.at < y.at || (x.at === y.at && x.order < y.order))
  }

  #swap(a: number, b: number): void {
    const x = this.#heap[a]
    const y = this.#heap[b]
    if (x !== undefined && y !== undefined) {
      this.#heap[a] = y
      this.#heap[b] = x
    }
  }
}
