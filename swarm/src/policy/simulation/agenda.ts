// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/**
 * What is to happen in a simulation, by time; equal times in the order they were added. A binary heap, and beside it a
 * queue for each delay that is always the same (what was added first is due first): most events are messages, and need
 * no heap.
 */
export class Agenda {
  now = 0
  #order = 0
  readonly #heap: Entry[] = []
  readonly #lanes: Lane[] = []

  add(at: number, run: () => void): void {
    this.#heap.push({ at: Math.max(at, this.now), order: this.#order++, run })
    let child = this.#heap.length - 1
    while (child > 0 && this.#before(child, (child - 1) >>> 1)) {
      this.#swap(child, (child - 1) >>> 1)
      child = (child - 1) >>> 1
    }
  }

  /** @returns what adds an event that is due after `delayMs`, always the same */
  lane(delayMs: number): (run: () => void) => void {
    const lane = new Lane()
    this.#lanes.push(lane)
    return (run) => lane.add({ at: this.now + delayMs, order: this.#order++, run })
  }

  /**
   * @param settle called after each event
   * @throws Error when nothing is left to happen, or `limitMs` of simulated time have passed, before `done`
   */
  run(done: () => boolean, limitMs: number, settle: () => void): void {
    while (!done()) {
      const next = this.#take()
      if (next === undefined || next.at > limitMs) {
        throw new Error(next === undefined ? 'nothing is going on any more' : `not done in ${limitMs} ms`)
      }
      this.now = next.at
      next.run()
      settle()
    }
  }

  #take(): Entry | undefined {
    let next = this.#heap[0]
    let from: Lane | undefined
    for (const lane of this.#lanes) {
      const { head } = lane
      if (head !== undefined && (next === undefined || before(head, next))) {
        next = head
        from = lane
      }
    }
    return from === undefined ? this.#pop() : from.take()
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
    return x !== undefined && y !== undefined && before(x, y)
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

/** First in, first out, without moving what waits for every one that leaves. */
class Lane {
  #entries: Entry[] = []
  #first = 0

  get head(): Entry | undefined {
    return this.#entries[this.#first]
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
  }

  take(): Entry | undefined {
    const entry = this.#entries[this.#first++]
    if (this.#first > 4096 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
    return entry
  }
}
