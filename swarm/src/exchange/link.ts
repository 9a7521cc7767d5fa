// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { type Pace, unlimited } from '../limits/index.ts'
import { MuxStream } from '../mux/index.ts'
import { FrameReader } from './frame-reader.ts'
import type { LinkSink } from './link-sink.ts'
import { type Message, ProtocolViolationError } from './messages.ts'
import { Outbox, type OutboxOwner } from './outbox.ts'

const closeTimeoutMs = 2000

/** One stream of the chunk protocol, from its first frame to its end. */
export class Link implements OutboxOwner {
  sink: LinkSink
  readonly #stream: Stream
  readonly #reader: FrameReader
  readonly #outbox: Outbox
  #closed = false
  #told = false

  /** @param pace when a piece of a chunk may go */
  constructor(stream: Stream, sinkOf: (link: Link) => LinkSink, pace: Pace = unlimited) {
    this.#stream = stream
    this.#outbox = new Outbox(stream, pace, this)
    this.sink = sinkOf(this)
    this.#reader = new FrameReader({
      message: (message) => this.sink.message(message),
      pieceBegins: (chunk, offset, length) => this.sink.pieceBegins(chunk, offset, length),
      pieceEnds: (chunk, offset, length) => this.sink.pieceEnds(chunk, offset, length),
    })
    stream.addEventListener('message', (event) => this.#take(event.data))
    if (stream instanceof MuxStream) {
      stream.readBy((bytes) => this.#take(bytes))
    }
    stream.addEventListener('close', (event) => this.ended(event.error))
    stream.addEventListener('remoteCloseWrite', () => void this.close())
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Since when the connection takes nothing, in the clock of `performance.now()`. */
  get blockedSince(): number | undefined {
    return this.#outbox.blockedSince
  }

  get bytesOut(): number {
    return this.#outbox.bytesOut
  }

  send(message: Message): void {
    this.#outbox.send(message)
  }

  /** Leaves with what is sent next, or at `announce`: merged into runs. */
  have(chunks: readonly number[]): void {
    this.#outbox.have(chunks)
  }

  announce(): void {
    this.#outbox.announce()
  }

  sendChunk(chunk: number, read: () => Promise<Uint8Array>, release: (bytes: Uint8Array) => void): void {
    this.#outbox.sendChunk(chunk, read, release)
  }

  /** Takes a chunk back that has not begun. @returns whether there was one */
  dropChunk(chunk: number): boolean {
    return this.#outbox.dropChunk(chunk)
  }

  /** No more is read, and so soon no more is sent by the peer, until `resume`. */
  pause(): void {
    if (!this.#closed && this.#stream.readStatus === 'readable') {
      this.#stream.pause()
    }
  }

  resume(): void {
    if (!this.#closed && this.#stream.readStatus === 'paused') {
      this.#stream.resume()
    }
  }

  /** Says why, if there is something to say, and closes. Safe to call twice. */
  async close(reason?: string, message = ''): Promise<void> {
    if (this.#closed) {
      return
    }
    this.#outbox.finish(reason === undefined ? undefined : { type: 'close', reason, message })
    this.ended(undefined)
    const signal = AbortSignal.timeout(closeTimeoutMs)
    await this.#stream.close({ signal }).catch((error: Error) => this.#stream.abort(error))
  }

  abort(error: Error): void {
    this.ended(error)
    this.#stream.abort(error)
  }

  /** Nothing more comes or goes. Safe to call twice. */
  ended(error: Error | undefined): void {
    if (!this.#closed) {
      this.#closed = true
      this.#outbox.stop()
      this.#tellClosed(error)
    }
  }

  #take(data: Uint8Array | Uint8ArrayList): void {
    try {
      if (data instanceof Uint8Array) {
        this.#push(data)
      } else {
        for (const bytes of data) {
          this.#push(bytes)
        }
      }
    } catch (error) {
      const cause = error instanceof Error ? error : new ProtocolViolationError(String(error))
      this.#tellClosed(cause)
      void this.close(cause.name, cause.message)
    }
  }

  #push(bytes: Uint8Array): void {
    if (!this.#closed) {
      this.#reader.push(bytes)
    }
  }

  #tellClosed(error: Error | undefined): void {
    if (!this.#told) {
      this.#told = true
      this.sink.closed(error)
    }
  }
}
