// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Connection, Libp2p, PeerId } from '@libp2p/interface'

/** Streams that are being opened have found their connection by then. */
const settleMs = 3000

/**
 * Two nodes that dial each other at once end with two connections, of which one is never used again but for pings. Whoever
 * dialled the idle one closes it; of two that are idle the one that the lower peer ID dialled stays.
 */
export class SurplusConnections {
  readonly #libp2p: Libp2p
  readonly #looks = new Map<string, NodeJS.Timeout>()
  readonly #onOpen = ({ detail }: CustomEvent<Connection>) => this.#lookSoon(detail.remotePeer)

  constructor(libp2p: Libp2p) {
    this.#libp2p = libp2p
    libp2p.addEventListener('connection:open', this.#onOpen)
  }

  stop(): void {
    this.#libp2p.removeEventListener('connection:open', this.#onOpen)
    for (const timer of this.#looks.values()) {
      clearTimeout(timer)
    }
  }

  #lookSoon(peer: PeerId): void {
    const key = peer.toString()
    if (this.#libp2p.getConnections(peer).length > 1 && !this.#looks.has(key)) {
      this.#looks.set(key, setTimeout(() => this.#look(peer), settleMs).unref())
    }
  }

  #look(peer: PeerId): void {
    this.#looks.delete(peer.toString())
    const { peerId } = this.#libp2p
    const all = this.#libp2p.getConnections(peer).filter(({ status }) => status === 'open')
    for (const connection of surplusOf(all, peerId.toString() < peer.toString())) {
      connection.close().catch((error: Error) => connection.abort(error))
    }
    this.#lookSoon(peer)
  }
}

/**
 * @param all connections to one peer
 * @param isLower whether this end has the lower peer ID
 * @returns those that this end is to close
 */
export function surplusOf<C extends Pick<Connection, 'direction' | 'streams'>>(
  all: readonly C[],
  isLower: boolean,
): C[] {
  const idle = all.filter(({ streams }) => streams.length === 0)
  const staying = idle.find(({ direction }) => (direction === 'outbound') === isLower)
  const stays = idle.length < all.length ? undefined : (staying ?? idle[0])
  return idle.filter((connection) => connection.direction === 'outbound' && connection !== stays)
}
