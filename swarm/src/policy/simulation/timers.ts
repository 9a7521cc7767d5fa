// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const branches = 4

/**
 * What is due at times of its own, the first of it at hand: a heap in columns of numbers, each entry with its place among
 * those of the same time, what kind it is of and whom it concerns.
 */
export class Timers {
  length = 0
  #capacity = 1024
  #at = new Float64Array(this.#capacity)
  #order = new Float64Array(this.#capacity)
  #kind = new Int32Array(this.#capacity)
  #whom = new Int32Array(this.#capacity)

  /** Of the first entry; meaningless when there is none. */
  get at(): number {
    return this.#at[0] ?? 0
  }

  get order(): number {
    return this.#order[0] ?? 0
  }

  get kind(): number {
    return this.#kind[0] ?? 0
  }

  get whom(): number {
    return this.#whom[0] ?? 0
  }

  add(at: number, order: number, kind: number, whom: number): void {
    if (this.length === this.#capacity) {
      this.#grow()
    }
    let place = this.length++
    while (place > 0) {
      const parent = (place - 1) >>> 2
      if (!this.#isLater(parent, at, order)) {
        break
      }
      this.#move(parent, place)
      place = parent
    }
    this.#put(place, at, order, kind, whom)
  }

  /** Takes the first entry away. */
  remove(): void {
    const last = --this.length
    const at = this.#at[last] ?? 0
    const order = this.#order[last] ?? 0
    const kind = this.#kind[last] ?? 0
    const whom = this.#whom[last] ?? 0
    let place = 0
    for (;;) {
      const child = this.#firstChild(place)
      if (child === -1 || this.#isLater(child, at, order)) {
        break
      }
      this.#move(child, place)
      place = child
    }
    this.#put(place, at, order, kind, whom)
  }

  #firstChild(place: number): number {
    const from = branches * place + 1
    const end = Math.min(from + branches, this.length)
    let first = from < end ? from : -1
    for (let child = from + 1; child < end; child++) {
      if (this.#isLater(first, this.#at[child] ?? 0, this.#order[child] ?? 0)) {
        first = child
      }
    }
    return first
  }

  /** Whether the entry at a place is due after (`at`, `order`). */
  #isLater(place: number, at: number, order: number): boolean {
    const own = this.#at[place] ?? 0
    return own > at || (own === at && (this.#order[place] ?? 0) > order)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at[from] ?? 0, this.#order[from] ?? 0, this.#kind[from] ?? 0, this.#whom[from] ?? 0)
  }

  #put(place: number, at: number, order: number, kind: number, whom: number): void {
    this.#at[place] = at
    this.#order[place] = order
    this.#kind[place] = kind
    this.#whom[place] = whom
  }

  #grow(): void {
    this.#capacity *= 2
    const grown = <A extends Float64Array | Int32Array>(old: A, larger: A): A => {
      larger.set(old)
      return larger
    }
    this.#at = grown(this.#at, new Float64Array(this.#capacity))
    this.#order = grown(this.#order, new Float64Array(this.#capacity))
    this.#kind = grown(this.#kind, new Int32Array(this.#capacity))
    this.#whom = grown(this.#whom, new Int32Array(this.#capacity))
  }
}
