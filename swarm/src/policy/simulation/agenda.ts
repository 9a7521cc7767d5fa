// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

interface Due {
  readonly at: number
  readonly order: number
}

interface Entry extends Due {
  readonly run: () => void
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Handles a note: what it means is settled by the one who wrote it. */
export type NoteHandler = (kind: number, a: number, b: number, c: number, d: number) => void

/**
 * What is to happen in a simulation, by time; equal times in the order they were added. A binary heap, and beside it a
 * lane for each delay that is always the same (what was added first is due first): most events are messages, which need
 * no heap, and in a lane no objects either.
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

  /** @returns what adds a note that `handle` is given after `delayMs`, always the same */
  lane(delayMs: number, handle: NoteHandler): NoteHandler {
    const lane = new Lane(handle)
    this.#lanes.push(lane)
    return (kind, a, b, c, d) => {
      const at = lane.add(this.now + delayMs, this.#order++)
      lane.notes[at] = kind
      lane.notes[at + 1] = a
      lane.notes[at + 2] = b
      lane.notes[at + 3] = c
      lane.notes[at + 4] = d
    }
  }

  /**
   * @param settle called after each event
   * @throws Error when nothing is left to happen, or `limitMs` of simulated time have passed, before `done`
   */
  run(done: () => boolean, limitMs: number, settle: () => void): void {
    while (!done()) {
      const lane = this.#nextLane()
      const next = this.#heap[0]
      const at = lane?.at ?? next?.at
      if (at === undefined || at > limitMs) {
        throw new Error(at === undefined ? 'nothing is going on any more' : `not done in ${limitMs} ms`)
      }
      this.now = at
      if (lane === undefined) {
        this.#pop()?.run()
      } else {
        lane.take()
      }
      settle()
    }
  }

  /** The lane whose first note is due before everything else. */
  #nextLane(): Lane | undefined {
    let next: Due | undefined = this.#heap[0]
    let found: Lane | undefined
    for (const lane of this.#lanes) {
      if (lane.length > 0 && (next === undefined || before(lane, next))) {
        next = lane
        found = lane
      }
    }
    return found
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

const noteFields = 5

/** First in, first out: a ring of numbers that doubles when it is full. */
class Lane {
  readonly #handle: NoteHandler
  #capacity = 1024
  #due = new Float64Array(2 * this.#capacity)
  notes = new Int32Array(noteFields * this.#capacity)
  #first = 0
  length = 0
  /** When the first note is due, and its place among those of the same time. */
  at = 0
  order = 0

  constructor(handle: NoteHandler) {
    this.#handle = handle
  }

  /** @returns where in `notes` its fields belong */
  add(at: number, order: number): number {
    if (this.length === this.#capacity) {
      this.#grow()
    }
    const place = (this.#first + this.length) & (this.#capacity - 1)
    this.#due[2 * place] = at
    this.#due[2 * place + 1] = order
    this.length += 1
    if (this.length === 1) {
      this.#look()
    }
    return noteFields * place
  }

  /** Handles the first note. */
  take(): void {
    const at = noteFields * this.#first
    const { notes } = this
    this.#first = (this.#first + 1) & (this.#capacity - 1)
    this.length -= 1
    this.#look()
    this.#handle(
      notes[at] ?? 0,
      notes[at + 1] ?? 0,
      notes[at + 2] ?? 0,
      notes[at + 3] ?? 0,
      notes[at + 4] ?? 0,
    )
  }

  #look(): void {
    this.at = this.#due[2 * this.#first] ?? 0
    this.order = this.#due[2 * this.#first + 1] ?? 0
  }

  #grow(): void {
    const { length } = this
    const unroll = <A extends Float64Array | Int32Array>(old: A, fields: number, doubled: A): A => {
      doubled.set(old.subarray(fields * this.#first))
      doubled.set(old.subarray(0, fields * this.#first), fields * (length - this.#first))
      return doubled
    }
    this.#due = unroll(this.#due, 2, new Float64Array(4 * length))
    this.notes = unroll(this.notes, noteFields, new Int32Array(2 * noteFields * length))
    this.#capacity = 2 * length
    this.#first = 0
  }
}
