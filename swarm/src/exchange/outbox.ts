// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { clearImmediate, setImmediate } from 'node:timers'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Pace } from '../limits/index.ts'
import { MuxStream } from '../mux/index.ts'
import { drained } from './drained.ts'
import { chunkHead, encode } from './encode.ts'
import type { LinkSink } from './link-sink.ts'
import { type Message, pieceBytes } from './messages.ts'
import { leastCredit, pieceWithin } from './piece-size.ts'
import { rangesOf } from './ranges.ts'

interface Outgoing {
  readonly chunk: number
  readonly read: () => Promise<Uint8Array>
  /** The bytes were copied on their way: their buffer may be used again. Not called when that is not certain. */
  readonly release: (bytes: Uint8Array) => void
  reading: Promise<Uint8Array> | undefined
  begun: boolean
}

/** A peer that takes no control messages for so long is not worth the memory. */
const mostQueuedBytes = 4 * 1024 * 1024

/** The other end reads too slowly, or not at all. */
export class LinkOverflowError extends Error {
  override name = 'LinkOverflowError'
}

export interface OutboxOwner {
  readonly sink: Pick<LinkSink, 'sent' | 'unreadable'>
  abort(error: Error): void
  /** Nothing more can be sent. */
  ended(error: Error): void
}

/**
 * What leaves by one stream. Control messages of one turn of the event loop leave in one write and go before the next piece
 * of a chunk; pieces are sent only as fast as the connection takes them.
 */
export class Outbox {
  readonly #stream: Stream
  readonly #pace: Pace
  readonly #owner: OutboxOwner
  #control: Uint8Array[] = []
  #controlBytes = 0
  #haves: number[] = []
  /** The peer was told PASS full: it says nothing until the next announcement. */
  #awaited = false
  #chunks: Outgoing[] = []
  #flush: NodeJS.Immediate | undefined
  #credited: (() => void) | undefined
  #pumping = false
  /** A piece waits for its turn; frames of other types do not. */
  #pacing = false
  #closed = false
  #blockedSince: number | undefined
  bytesOut = 0

  /** @param pace when a piece of a chunk may go */
  constructor(stream: Stream, pace: Pace, owner: OutboxOwner) {
    this.#stream = stream
    this.#pace = pace
    this.#owner = owner
  }

  /** Since when the connection takes nothing, in the clock of `performance.now()`. */
  get blockedSince(): number | undefined {
    return this.#blockedSince
  }

  send(message: Message): void {
    if (this.#closed) {
      return
    }
    this.#announcePending()
    this.#awaited ||= message.type === 'pass' && message.reason === 'full'
    this.#queue(encode(message))
  }

  /** These go with whatever leaves next, or at `announce`, unless the peer waits for them. */
  have(chunks: readonly number[]): void {
    if (!this.#closed) {
      // One by one: of a large file there are more than a call may have arguments.
      for (const chunk of chunks) this.#haves.push(chunk)
      if (this.#awaited) this.#wake()
    }
  }

  /** Says what was told to `have` and has not left yet. */
  announce(): void {
    if (this.#haves.length > 0) this.#wake()
  }

  sendChunk(chunk: number, read: () => Promise<Uint8Array>, release: (bytes: Uint8Array) => void): void {
    if (!this.#closed) {
      this.#chunks.push({ chunk, read, release, reading: undefined, begun: false })
      this.#wake()
    }
  }

  /** Takes a chunk back that has not begun. @returns whether there was one */
  dropChunk(chunk: number): boolean {
    const at = this.#chunks.findIndex((item) => item.chunk === chunk && !item.begun)
    if (at === -1) {
      return false
    }
    this.#chunks.splice(at, 1)
    return true
  }

  /** The last words; chunks that have not begun are left. */
  finish(last: Message | undefined): void {
    if (last !== undefined) {
      this.#queue(encode(last))
    }
    this.#chunks = this.#chunks.filter((item) => item.begun)
    this.#sendControl()
  }

  stop(): void {
    this.#closed = true
    if (this.#flush !== undefined) {
      clearImmediate(this.#flush)
    }
    this.#control = []
    this.#chunks = []
    this.#blockedSince = undefined
    this.#credited?.()
  }

  #queue(bytes: Uint8Array): void {
    this.#control.push(bytes)
    this.#controlBytes += bytes.length
    // While a piece waits, what is said in each turn goes to the stream, which keeps it however much it is.
    const waiting = this.#controlBytes + this.#stream.writeBufferLength
    if (waiting > mostQueuedBytes) {
      this.#owner.abort(new LinkOverflowError(`${waiting} bytes wait for a peer that does not read`))
      return
    }
    this.#wake()
  }

  #announcePending(): void {
    if (this.#haves.length > 0) {
      const ranges = rangesOf(this.#haves)
      this.#haves = []
      this.#awaited = false
      this.#queue(encode({ type: 'have', ranges }))
    }
  }

  #wake(): void {
    if ((this.#pacing || !this.#pumping) && this.#flush === undefined) {
      this.#flush = setImmediate(() => {
        this.#flush = undefined
        if (this.#pacing) {
          this.#sendControl()
          return
        }
        this.#pump().catch((error: Error) => this.#owner.ended(error))
      })
    }
  }

  async #pump(): Promise<void> {
    if (this.#pumping) {
      return
    }
    this.#pumping = true
    try {
      while (!this.#closed && this.#hasWork()) {
        if (!this.#sendControl()) {
          await this.#drain()
        }
        const next = this.#chunks[0]
        if (next !== undefined && !this.#closed) {
          await this.#sendPieces(next)
        }
      }
    } finally {
      this.#pumping = false
    }
  }

  #hasWork(): boolean {
    return this.#control.length > 0 || this.#haves.length > 0 || this.#chunks.length > 0
  }

  /** @returns false when the connection wants to be waited for */
  #sendControl(): boolean {
    this.#announcePending()
    if (this.#control.length === 0 || this.#stream.writeStatus !== 'writable') {
      return true
    }
    return this.#sendParts(this.#takeControl())
  }

  #takeControl(): Uint8Array[] {
    this.#announcePending()
    const control = this.#control
    this.#control = []
    this.#controlBytes = 0
    return control
  }

  #sendParts(parts: readonly Uint8Array[]): boolean {
    const stream = this.#stream
    return stream instanceof MuxStream ? stream.sendParts(parts) : stream.send(new Uint8ArrayList(...parts))
  }

  async #sendPieces(item: Outgoing): Promise<void> {
    item.begun = true
    let bytes: Uint8Array
    try {
      bytes = await (item.reading ?? item.read())
    } catch (error) {
      this.#chunks.shift()
      this.#owner.sink.unreadable(item.chunk, error)
      return
    }
    this.#readAhead()
    let offset = 0
    do {
      // Again: what waits in the stream goes first, and may use up all that came.
      for (let more = this.#awaitCredit(); more; more = this.#awaitCredit()) await this.#waitFor(more)
      if (this.#closed) {
        return
      }
      const piece = bytes.subarray(offset, offset + this.#pieceBytes())
      const turn = this.#pace.take(piece.length)
      if (turn !== undefined) await this.#waitFor(turn)
      if (this.#closed) {
        return
      }
      const head = chunkHead(item.chunk, offset, piece.length)
      const flowing = this.#sendParts([...this.#takeControl(), head, piece])
      offset += piece.length
      this.bytesOut += piece.length
      if (!flowing) {
        await this.#drain()
      }
    } while (offset < bytes.length)
    this.#chunks.shift()
    // The connection copies what it takes.
    if (!this.#closed && this.#stream.writeBufferLength === 0) {
      item.release(bytes)
    }
    this.#owner.sink.sent(item.chunk, bytes.length)
  }

  #pieceBytes(): number {
    return this.#stream instanceof MuxStream ? pieceWithin(this.#stream.credit) : pieceBytes
  }

  /** Waits until the other end takes a piece: what it does not take would stand before all that is said to it. */
  #awaitCredit(): Promise<void> | undefined {
    const stream = this.#stream
    if (!(stream instanceof MuxStream) || stream.credit >= leastCredit || this.#closed) {
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#blockedSince ??= performance.now()
    this.#credited = resolve
    stream.onCredit(leastCredit, resolve)
    return promise
  }

  async #waitFor(turn: Promise<void>): Promise<void> {
    this.#pacing = true
    // What came in the meantime of this turn goes before the wait.
    this.#sendControl()
    await turn
    this.#pacing = false
    this.#blockedSince = undefined
  }

  /** The next chunk is read from disk while this one leaves. */
  #readAhead(): void {
    const next = this.#chunks[1]
    if (next !== undefined && next.reading === undefined) {
      next.reading = next.read()
      next.reading.catch(() => {})
    }
  }

  /** Waits until all that was sent is in the hands of the connection. */
  async #drain(): Promise<void> {
    this.#blockedSince ??= performance.now()
    while (!this.#closed && (this.#stream.writableNeedsDrain || this.#stream.writeBufferLength > 0)) {
      await (this.#stream.writableNeedsDrain ? drained(this.#stream) : immediate())
    }
    this.#blockedSince = undefined
  }
}
