// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { decode } from './decode.ts'
import { FrameType, type Message, mostFrameBytes, ProtocolViolationError, pieceBytes } from './messages.ts'

export interface FrameSink {
  message(message: Message): void
  /**
   * A piece of a chunk begins. @returns where its bytes are to be put: a part of the right length of the chunk's buffer
   * @throws ProtocolViolationError when nobody asked for it
   */
  pieceBegins(chunk: number, offset: number, length: number): Uint8Array
  pieceEnds(chunk: number, offset: number, length: number): void
}

type Expected = 'head' | 'body' | 'pieceHead' | 'piece'

const headBytes = 5
const pieceHeadBytes = 8
/** A newer peer may choose larger pieces. */
const mostPieceBytes = 16 * pieceBytes

/** Takes the bytes of a stream apart. Bytes of chunks are copied once, straight to where they belong. */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #head = Buffer.alloc(headBytes)
  readonly #pieceHead = Buffer.alloc(pieceHeadBytes)
  #type = 0
  #target: Uint8Array = this.#head
  #filled = 0
  #state: Expected = 'head'
  #bodyBytes = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** @throws ProtocolViolationError; nothing more must be pushed after that */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      const take = Math.min(this.#target.length - this.#filled, bytes.length - at)
      this.#target.set(bytes.subarray(at, at + take), this.#filled)
      this.#filled += take
      at += take
      // An empty body or piece is full as soon as it begins.
      while (this.#filled === this.#target.length) {
        this.#full()
      }
    }
  }

  #full(): void {
    if (this.#state === 'head') {
      this.#beginBody()
    } else if (this.#state === 'body') {
      this.#endBody()
    } else if (this.#state === 'pieceHead') {
      this.#beginPiece()
    } else {
      this.#endPiece()
    }
  }

  #expect(state: Expected, target: Uint8Array): void {
    this.#state = state
    this.#target = target
    this.#filled = 0
  }

  #beginBody(): void {
    const length = this.#head.readUInt32BE(0)
    this.#type = this.#head.readUInt8(4)
    this.#bodyBytes = length - 1
    const isChunk = this.#type === FrameType.Chunk
    const most = isChunk ? pieceHeadBytes + mostPieceBytes : mostFrameBytes
    if (this.#bodyBytes < (isChunk ? pieceHeadBytes : 0) || this.#bodyBytes > most) {
      throw new ProtocolViolationError(`frame of type ${this.#type} with ${length} bytes`)
    }
    this.#expect(
      isChunk ? 'pieceHead' : 'body',
      isChunk ? this.#pieceHead : Buffer.allocUnsafe(this.#bodyBytes),
    )
  }

  #endBody(): void {
    const body = this.#target as Buffer
    this.#expect('head', this.#head)
    const message = decode(this.#type, body)
    if (message !== undefined) {
      this.#sink.message(message)
    }
  }

  #beginPiece(): void {
    const length = this.#bodyBytes - pieceHeadBytes
    const target = this.#sink.pieceBegins(
      this.#pieceHead.readUInt32BE(0),
      this.#pieceHead.readUInt32BE(4),
      length,
    )
    this.#expect('piece', target)
  }

  #endPiece(): void {
    const length = this.#target.length
    this.#expect('head', this.#head)
    this.#sink.pieceEnds(this.#pieceHead.readUInt32BE(0), this.#pieceHead.readUInt32BE(4), length)
  }
}
