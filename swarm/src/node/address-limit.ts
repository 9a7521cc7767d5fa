// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { MultiaddrConnection } from '@libp2p/interface'

/** A node needs one or two, and several nodes may come from one address; below what may be in handshake at a time (256). */
const mostOfAddress = 128

/** Counts the connections that came in from each IP address, from the first byte to their end. */
export class AddressLimit {
  readonly #open = new Map<string, number>()

  /** @returns whether it may stay; it is counted then */
  admits(connection: Pick<MultiaddrConnection, 'remoteAddr' | 'addEventListener'>): boolean {
    const [, , address = ''] = connection.remoteAddr.toString().split('/')
    const open = this.#open.get(address) ?? 0
    if (open >= mostOfAddress) return false
    this.#open.set(address, open + 1)
    connection.addEventListener('close', () => this.#closed(address), { once: true })
    return true
  }

  #closed(address: string): void {
    const left = (this.#open.get(address) ?? 1) - 1
    if (left > 0) this.#open.set(address, left)
    else this.#open.delete(address)
  }
}
