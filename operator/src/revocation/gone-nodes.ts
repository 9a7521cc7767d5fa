// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Informer, Node } from '@patchswarm/kube'
import { membershipMs } from '../tracker/membership.ts'

/**
 * Nodes that were deleted while this replica looked on, with when: also while another one led, which may have died before it
 * wrote that down.
 */
export class GoneNodes {
  readonly #goneAt = new Map<string, number>()
  readonly #listeners = new Set<(node: string) => void>()

  constructor(nodes: Informer<Node>, now: () => number) {
    nodes.onChange(({ type, object }) => {
      if (type !== 'deleted') return
      const { name } = object.metadata
      this.#forgetOld(now())
      this.#goneAt.set(name, now())
      for (const listener of this.#listeners) listener(name)
    })
  }

  names(): string[] {
    return [...this.#goneAt.keys()]
  }

  goneAt(node: string): number | undefined {
    return this.#goneAt.get(node)
  }

  forget(node: string): void {
    this.#goneAt.delete(node)
  }

  onGone(listener: (node: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #forgetOld(now: number): void {
    for (const [node, at] of this.#goneAt) if (now - at > membershipMs) this.#goneAt.delete(node)
  }
}
