// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface FoundPeer {
  readonly peerId: string
  readonly addresses: readonly string[]
}

/** Peers that discovery finds: it begins with the node, before those who want to know of it can be there. */
export class FoundPeers {
  readonly #early: FoundPeer[] = []
  #listener: ((peer: FoundPeer) => void) | undefined

  add(peer: FoundPeer): void {
    if (this.#listener) this.#listener(peer)
    else this.#early.push(peer)
  }

  /** Tells of what was found so far, and from now on. */
  listen(listener: (peer: FoundPeer) => void): void {
    this.#listener = listener
    for (const peer of this.#early.splice(0)) listener(peer)
  }
}
