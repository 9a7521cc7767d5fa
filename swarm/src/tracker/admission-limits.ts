// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Socket } from 'node:net'

/** Handshakes at a time: an accept storm waits at the clients' backoff instead of starving the renewal of the lease. */
const MAX_HANDSHAKES = 256
/** Of these from one address: connections that say nothing leave room for those of others. */
const MAX_HANDSHAKES_OF_ADDRESS = 32
/** Tokens being reviewed at a time. */
const MAX_AUTHENTICATIONS = 64

/** Bounds on who may be connected, in handshake and being authenticated. */
export class AdmissionLimits {
  readonly #perAddress: number
  readonly #total: number
  readonly #byAddress = new Map<string, number>()
  readonly #handshakes = new Map<Socket, string>()
  #connections = 0
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(bounds: { perAddress: number; total: number }) {
    this.#perAddress = bounds.perAddress
    this.#total = bounds.total
  }

  /** Counts the raw connection until it closes, or destroys it when there are too many. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const same = this.#byAddress.get(address) ?? 0
    if (
      same >= this.#perAddress ||
      this.#connections >= this.#total ||
      this.#handshakes.size >= MAX_HANDSHAKES ||
      this.#handshakesOf(address) >= MAX_HANDSHAKES_OF_ADDRESS
    ) {
      socket.destroy()
      return
    }
    this.#byAddress.set(address, same + 1)
    this.#connections += 1
    this.#handshakes.set(socket, address)
    socket.once('close', () => this.#release(socket, address))
  }

  /**
   * The handshake of this connection is over. By its port: another one from the same address may still be under way, and one that
   * was taken for it would count as a handshake for as long as it is connected.
   */
  handshakeDone({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): void {
    for (const [socket, from] of this.#handshakes) {
      if (from === remoteAddress && socket.remotePort === remotePort) {
        this.#handshakes.delete(socket)
        return
      }
    }
  }

  destroyHandshakes(): void {
    for (const socket of this.#handshakes.keys()) socket.destroy()
  }

  /** Runs `work` when fewer than the allowed number run, in the order of asking. @throws when aborted while waiting */
  async inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AUTHENTICATIONS)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#running += 1
    try {
      signal.throwIfAborted()
      return await work()
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.()
    }
  }

  #handshakesOf(address: string): number {
    return [...this.#handshakes.values()].filter((from) => from === address).length
  }

  #release(socket: Socket, address: string): void {
    this.#connections -= 1
    this.#handshakes.delete(socket)
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }
}
