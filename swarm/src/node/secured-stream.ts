// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import type { AbortOptions, MessageStream } from '@libp2p/interface'
import { AbstractMessageStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

/** A TLS socket as libp2p's muxers want it. Closing it closes the connection below, and the other way round. */
export class SecuredStream extends AbstractMessageStream {
  readonly #below: MessageStream
  readonly #socket: TLSSocket

  constructor(below: MessageStream, socket: TLSSocket) {
    super({
      log: below.log,
      inactivityTimeout: below.inactivityTimeout,
      maxReadBufferLength: below.maxReadBufferLength,
      direction: below.direction,
    })
    this.#below = below
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.onData(bytes))
    socket.on('drain', () => this.safeDispatchEvent('drain'))
    socket.on('error', (error) => below.abort(error))
    socket.on('close', () => {
      below.close().catch((error: Error) => below.abort(error))
    })
    below.addEventListener('close', ({ error, local }) => {
      socket.destroy()
      if (error === undefined || error === null) {
        this.onTransportClosed()
      } else if (local) {
        this.abort(error)
      } else {
        this.onRemoteReset()
      }
    })
    if (socket.closed) {
      queueMicrotask(() => this.onTransportClosed())
    }
  }

  async close(options?: AbortOptions): Promise<void> {
    if (!this.#socket.closed) {
      this.#socket.destroySoon()
      await once(this.#socket, 'close', options)
    }
    await this.#below.close(options)
  }

  sendPause(): void {
    this.#socket.pause()
  }

  sendResume(): void {
    this.#socket.resume()
  }

  sendReset(error: Error): void {
    this.#socket.destroy()
    this.#below.abort(error)
  }

  /** One write to the system for all parts: the muxer's head, ours, and the bytes of a piece. */
  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    const socket = this.#socket
    let canSendMore = true
    let sentBytes = 0
    socket.cork()
    for (const bytes of data) {
      canSendMore = socket.write(bytes)
      sentBytes += bytes.byteLength
    }
    socket.uncork()
    return { sentBytes, canSendMore }
  }
}
