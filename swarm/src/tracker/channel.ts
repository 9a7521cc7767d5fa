// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TLSSocket } from 'node:tls'
import { SlowReaderError } from './errors.ts'
import { encodeFrame, FrameReader } from './frame.ts'

export interface ChannelOptions {
  /** Largest frame taken; may be raised later by `maxFrameBytes`. */
  readonly maxFrameBytes: number
  /** Largest frame sent. */
  readonly maxSentBytes: number
  /** Bytes that may wait for the reader at the other end, beside the largest frame among them, before the connection is dropped. */
  readonly maxBufferedBytes: number
  /** Milliseconds without the other end taking anything that waits, before the connection is dropped. */
  readonly stallMs: number
  readonly onFrame: (body: Uint8Array) => void
  /** Called once, with what ended the connection when it was not a plain end. */
  readonly onClose: (error: Error | undefined) => void
}

/** Frames over a TLS socket, both ways, in bounded memory. */
export class FrameChannel {
  readonly #socket: TLSSocket
  readonly #reader: FrameReader
  readonly #options: ChannelOptions
  #stall: NodeJS.Timeout | undefined
  #error: Error | undefined
  /** Bytes of the largest frame that may still wait. */
  #largest = 0

  constructor(socket: TLSSocket, options: ChannelOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new FrameReader(options.maxFrameBytes)
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('drain', () => this.#clearStall())
    socket.on('error', (error) => {
      this.#error ??= error
    })
    socket.on('close', () => {
      this.#clearStall()
      options.onClose(this.#error)
    })
  }

  set maxFrameBytes(bytes: number) {
    this.#reader.maxBytes = bytes
  }

  /** True until the connection is ending. */
  get open(): boolean {
    return this.#socket.writable
  }

  /**
   * Sends in order, or drops the connection when the other end does not read.
   * @throws TrackerProtocolError when the message does not fit a frame; nothing is sent of it
   */
  send(body: Uint8Array): void {
    if (!this.open) return
    const frame = encodeFrame(body, this.#options.maxSentBytes)
    const waiting = this.#socket.writableLength
    this.#largest = Math.max(waiting === 0 ? 0 : this.#largest, frame.length)
    if (waiting + frame.length - this.#largest > this.#options.maxBufferedBytes) {
      this.destroy(
        new SlowReaderError(`more than ${this.#options.maxBufferedBytes} bytes wait for the other end`),
      )
      return
    }
    if (!this.#socket.write(frame)) this.#watchStall()
  }

  /** Stops reading while a message is being thought about: the other end then waits, not our memory. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Sends what waits and closes; not longer than the stall time. */
  end(): void {
    if (this.#socket.destroyed) return
    this.#socket.end()
    this.#socket.resume()
    this.#stall ??= setTimeout(() => this.#socket.destroy(), this.#options.stallMs)
  }

  destroy(error?: Error): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    try {
      this.#reader.push(bytes, (body) => {
        if (!this.#socket.destroyed) this.#options.onFrame(body)
      })
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  #watchStall(): void {
    this.#stall ??= setTimeout(() => {
      this.destroy(new SlowReaderError(`the other end took nothing for ${this.#options.stallMs} ms`))
    }, this.#options.stallMs)
  }

  #clearStall(): void {
    clearTimeout(this.#stall)
    this.#stall = undefined
  }
}
