// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { type AbortOptions, type MessageStream, StreamStateError } from '@libp2p/interface'
import { AbstractMessageStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import { readIntoShared } from './shared-reads.ts'

const smallBytes = 4096
/** A large piece of a chunk with its heads. Where none but small ones go, the rest of it takes no memory. */
const blockBytes = 264 * 1024
const mostFreeBlocks = 32

/** A TLS socket as libp2p's muxers want it. Closing it closes the connection below, and the other way round. */
export class SecuredStream extends AbstractMessageStream {
  readonly #below: MessageStream
  readonly #socket: TLSSocket
  #reader: ((bytes: Uint8Array) => void) | undefined

  constructor(below: MessageStream, socket: TLSSocket) {
    super({
      log: below.log,
      inactivityTimeout: below.inactivityTimeout,
      maxReadBufferLength: below.maxReadBufferLength,
      direction: below.direction,
    })
    this.#below = below
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      if (this.#reader === undefined) this.onData(bytes)
      else this.#reader(bytes)
    })
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

  /** Has all bytes given to `reader` from here on, in place of 'message' events, which cost as much as what they carry. */
  readBy(reader: (bytes: Uint8Array) => void): void {
    this.#reader = reader
    readIntoShared(this.#socket, reader)
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

  /**
   * Copies what it is given before it returns: all parts (the muxer's head, ours, the bytes of a piece) make one write to
   * the system, and the sender may use its buffer again. Nothing is held back here, so `sendData` is never called.
   */
  override send(data: Uint8Array | Uint8ArrayList): boolean {
    return this.sendParts(data instanceof Uint8Array ? [data] : [...data])
  }

  /** As `send`. */
  sendParts(parts: readonly Uint8Array[]): boolean {
    if (this.writeStatus !== 'writable') {
      throw new StreamStateError(`Cannot write to a stream that is ${this.writeStatus}`)
    }
    if (!this.#socket.writable) {
      // It has ended, and its 'close' is on its way to all who wait for it to drain. Nobody who sends from a timer, or
      // gives credit, expects an error until they have heard of that.
      this.writableNeedsDrain = true
      return false
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const canSendMore = length > blockBytes ? this.#writeBlocks(parts, length) : this.#write(parts, 0, length)
    if (!canSendMore) {
      this.writableNeedsDrain = true
    }
    return canSendMore
  }

  #writeBlocks(parts: readonly Uint8Array[], length: number): boolean {
    this.#socket.cork()
    let canSendMore = true
    for (let offset = 0; offset < length; offset += blockBytes) {
      canSendMore = this.#write(parts, offset, Math.min(blockBytes, length - offset))
    }
    this.#socket.uncork()
    return canSendMore
  }

  #write(parts: readonly Uint8Array[], offset: number, length: number): boolean {
    const block = blocks.take(length)
    copyInto(block, parts, offset, length)
    return this.#socket.write(block.subarray(0, length), () => blocks.give(block))
  }

  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    return { sentBytes: data.byteLength, canSendMore: this.send(data) }
  }
}

/** Buffers that are on their way to the system. Small ones are left to Node's own pool. */
class WriteBlocks {
  readonly #free: Buffer[] = []

  take(length: number): Buffer {
    if (length < smallBytes || length > blockBytes) {
      return Buffer.allocUnsafe(length)
    }
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
  }

  give(block: Buffer): void {
    if (block.length === blockBytes && this.#free.length < mostFreeBlocks) {
      this.#free.push(block)
    }
  }
}

const blocks = new WriteBlocks()

/** Copies [offset, offset + length) of the parts, taken together, to the beginning of the block. */
function copyInto(block: Buffer, parts: Iterable<Uint8Array>, offset: number, length: number): void {
  let skip = offset
  let at = 0
  for (const part of parts) {
    if (skip < part.byteLength && at < length) {
      const taken = part.subarray(skip, skip + length - at)
      block.set(taken, at)
      at += taken.byteLength
    }
    skip = Math.max(0, skip - part.byteLength)
  }
}
