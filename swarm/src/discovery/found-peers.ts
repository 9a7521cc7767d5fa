// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface FoundPeer {
  readonly peerId: string
  readonly addresses: readonly string[]
}

const mostEarly = 256
/** Anybody on the network may say anything of anybody. */
const mostAddresses = 8

/** Peers that discovery finds: it begins with the node, before those who want to know of it can be there. */
export class FoundPeers {
  readonly #early: FoundPeer[] = []
  #listener: ((peer: FoundPeer) => void) | undefined

  add({ peerId, addresses }: FoundPeer): void {
    const peer = { peerId, addresses: addresses.slice(0, mostAddresses) }
    if (this.#listener) this.#listener(peer)
    else this.#early.push(peer)
    if (this.#early.length > mostEarly) this.#early.shift()
  }

  /** Tells of what was found so far, and from now on. */
  listen(listener: (peer: FoundPeer) => void): void {
    this.#listener = listener
    for (const peer of this.#early.splice(0)) listener(peer)
  }
}
