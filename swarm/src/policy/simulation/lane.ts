// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Handles a note: what it means is settled by the one who wrote it. */
export type NoteHandler = (kind: number, a: number, b: number, c: number, d: number) => void

const fields = 5

/**
 * Notes that all take the same time, so that the first in is the first out: a ring of numbers that doubles when it is full.
 * Most of what happens are messages: they need no heap, and no objects either.
 */
export class Lane {
  readonly delayMs: number
  readonly #handle: NoteHandler
  #capacity = 1024
  #due = new Float64Array(2 * this.#capacity)
  #notes = new Int32Array(fields * this.#capacity)
  #first = 0
  length = 0
  /** When the first note is due, and its place among those of the same time. */
  at = Number.POSITIVE_INFINITY
  order = 0

  constructor(delayMs: number, handle: NoteHandler) {
    this.delayMs = delayMs
    this.#handle = handle
  }

  add(at: number, order: number, kind: number, a: number, b: number, c: number, d: number): void {
    if (this.length === this.#capacity) {
      this.#grow()
    }
    const place = (this.#first + this.length) & (this.#capacity - 1)
    this.#due[2 * place] = at
    this.#due[2 * place + 1] = order
    const note = fields * place
    this.#notes[note] = kind
    this.#notes[note + 1] = a
    this.#notes[note + 2] = b
    this.#notes[note + 3] = c
    this.#notes[note + 4] = d
    this.length += 1
    if (this.length === 1) {
      this.#look()
    }
  }

  /** Handles the first note. */
  take(): void {
    const at = fields * this.#first
    const notes = this.#notes
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
    this.at = this.length === 0 ? Number.POSITIVE_INFINITY : (this.#due[2 * this.#first] ?? 0)
    this.order = this.#due[2 * this.#first + 1] ?? 0
  }

  #grow(): void {
    const { length } = this
    const unroll = <A extends Float64Array | Int32Array>(old: A, width: number, doubled: A): A => {
      doubled.set(old.subarray(width * this.#first))
      doubled.set(old.subarray(0, width * this.#first), width * (length - this.#first))
      return doubled
    }
    this.#due = unroll(this.#due, 2, new Float64Array(4 * length))
    this.#notes = unroll(this.#notes, fields, new Int32Array(2 * fields * length))
    this.#capacity = 2 * length
    this.#first = 0
  }
}
