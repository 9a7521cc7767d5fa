// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { AbstractStream, type AbstractStreamInit } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import { MuxKind, MuxViolationError } from './frame.ts'
import { firstWindow, mostWindow, ReadWindow } from './read-window.ts'

/** A large piece of a chunk with its heads. */
const mostFrameBytes = 264 * 1024

export interface MuxStreamInit extends AbstractStreamInit {
  readonly streamId: number
  /** @returns whether the connection takes more at once */
  readonly sendFrame: (kind: number, streamId: number, body: readonly Uint8Array[]) => boolean
  /** Whether the connection takes nothing before it says so. */
  readonly isFull: () => boolean
}

/** One stream of a connection. Bytes go out as far as the other end has given credit for them. */
export class MuxStream extends AbstractStream {
  readonly streamId: number
  readonly #sendFrame: MuxStreamInit['sendFrame']
  readonly #isFull: MuxStreamInit['isFull']
  /** Bytes that the other end still takes. */
  #credit = firstWindow
  readonly #window = new ReadWindow(performance.now())
  #reader: ((bytes: Uint8Array) => void) | undefined
  #awaited: { readonly credit: number; readonly resolve: () => void } | undefined

  constructor(init: MuxStreamInit) {
    // While paused, everything that was granted may arrive; less would break the stream.
    super({ ...init, maxReadBufferLength: mostWindow, maxMessageSize: mostFrameBytes })
    this.streamId = init.streamId
    this.#sendFrame = init.sendFrame
    this.#isFull = init.isFull
  }

  /**
   * Has `reader` called with bytes in the very turn they come and without a copy, wherever nothing stands before them:
   * they are valid only during the call. What came while the stream was paused, or before, comes as 'message'.
   */
  readBy(reader: (bytes: Uint8Array) => void): void {
    this.#reader = reader
  }

  /** Bytes that the other end still takes. */
  get credit(): number {
    return this.#credit
  }

  /** Calls back once, when the other end takes so many bytes. */
  onCredit(credit: number, resolve: () => void): void {
    this.#awaited = { credit, resolve }
  }

  /** Sends the parts as one, if they can go at once. They are copied before this returns, or kept as 'send' does. */
  sendParts(parts: readonly Uint8Array[]): boolean {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const direct =
      this.writeStatus === 'writable' &&
      this.writeBuffer.byteLength === 0 &&
      !this.writableNeedsDrain &&
      length <= Math.min(this.#credit, mostFrameBytes)
    if (!direct) {
      return parts.map((part) => this.send(part)).at(-1) ?? true
    }
    this.#credit -= length
    const canSendMore = this.#sendFrame(MuxKind.Data, this.streamId, parts)
    this.writableNeedsDrain ||= !canSendMore
    return canSendMore
  }

  /** Bytes of the other end. @throws MuxViolationError when it had no credit for them */
  receive(bytes: Uint8Array): void {
    if (!this.#window.take(bytes.length, performance.now())) {
      throw new MuxViolationError(`stream ${this.id} sent more than it may`)
    }
    if (this.#reader !== undefined && this.readStatus === 'readable' && this.readBuffer.byteLength === 0) {
      this.#reader(bytes)
      this.#giveCredit()
    } else {
      this.onData(Uint8Array.from(bytes))
    }
  }

  receiveCredit(bytes: number): void {
    this.#credit += bytes
    // Or whoever gives credit and reads nothing has all that it asks for put into the queue of the connection.
    if (this.writeBuffer.byteLength > 0 && !this.#isFull()) {
      this.safeDispatchEvent('drain')
    }
    if (this.#awaited !== undefined && this.#credit >= this.#awaited.credit) {
      const { resolve } = this.#awaited
      this.#awaited = undefined
      resolve()
    }
  }

  override dispatchReadBuffer(): void {
    super.dispatchReadBuffer()
    this.#giveCredit()
  }

  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    const length = Math.min(data.byteLength, this.#credit)
    if (length === 0) {
      return { sentBytes: 0, canSendMore: false }
    }
    this.#credit -= length
    const canSendMore = this.#sendFrame(MuxKind.Data, this.streamId, [data.subarray(0, length)])
    // A connection within the process may have brought new credit before it returns.
    return { sentBytes: length, canSendMore: canSendMore && (length === data.byteLength || this.#credit > 0) }
  }

  sendReset(): void {
    this.#sendFrame(MuxKind.Reset, this.streamId, [])
  }

  async sendCloseWrite(): Promise<void> {
    this.#sendFrame(MuxKind.End, this.streamId, [])
  }

  /** What comes after that is thrown away here. */
  async sendCloseRead(): Promise<void> {}

  /** Without credit the other end stops soon. */
  sendPause(): void {}

  sendResume(): void {
    this.#giveCredit()
  }

  #giveCredit(): void {
    if (this.status !== 'open' || this.readStatus === 'paused') {
      return
    }
    const credit = this.#window.credit(this.readBuffer.byteLength, performance.now())
    if (credit > 0) {
      const body = Buffer.allocUnsafe(4)
      body.writeUInt32BE(credit, 0)
      this.#sendFrame(MuxKind.Credit, this.streamId, [body])
    }
  }
}
