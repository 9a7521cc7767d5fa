// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const room = 64

/**
 * What nodes were told and need not hear yet. A HAVE changes nothing at once at a node that has no upload slot free, and two of
 * three messages are HAVEs: they are put down here, in order, and told before the next thing that happens to the node.
 */
export class News {
  readonly #count: Uint8Array
  /** Who has which chunk, `room` times for each node. */
  readonly #items: Int32Array
  /** When that was said. */
  readonly #at: Float64Array

  constructor(nodes: number) {
    this.#count = new Uint8Array(nodes)
    this.#items = new Int32Array(nodes * room * 2)
    this.#at = new Float64Array(nodes * room)
  }

  /** @returns whether there is no room for another */
  add(node: number, from: number, chunk: number, now: number): boolean {
    const count = this.#count[node] ?? 0
    const at = (node * room + count) * 2
    this.#items[at] = from
    this.#items[at + 1] = chunk
    this.#at[node * room + count] = now
    this.#count[node] = count + 1
    return count + 1 === room
  }

  tell(node: number, tell: (from: number, chunk: number, at: number) => void): void {
    const count = this.#count[node] ?? 0
    this.#count[node] = 0
    for (let at = node * room; at < node * room + count; at++) {
      tell(this.#items[at * 2] ?? 0, this.#items[at * 2 + 1] ?? 0, this.#at[at] ?? 0)
    }
  }

  isEmpty(node: number): boolean {
    return this.#count[node] === 0
  }
}
