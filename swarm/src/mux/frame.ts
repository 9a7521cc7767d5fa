// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export const muxProtocol = '/patchswarm/mux/1'

/** Of a frame: u8 kind, u24 bytes that follow, u32 stream; big-endian. */
export const headBytes = 8
/** Names and numbers are short: nobody may make this end collect more than that. */
export const mostBodyBytes = 255
export const mostDataBytes = 2 ** 24 - 1

export const MuxKind = {
  /** Bytes of a stream. */
  Data: 0,
  /** A new stream; the body is the name of its protocol, or empty when that is still to be negotiated. */
  Open: 1,
  /** So many more bytes may be sent: u32. */
  Credit: 2,
  /** Nothing more comes from this end. */
  End: 3,
  /** The stream is gone in both directions, whatever is still on its way. */
  Reset: 4,
} as const

/** The other end does not keep to the protocol: the connection is of no more use. */
export class MuxViolationError extends Error {
  override name = 'MuxViolationError'
}

export interface MuxSink {
  /** Bytes of a stream as they come: a frame may be given in any number of parts. Valid only until this returns. */
  data(stream: number, bytes: Uint8Array): void
  /** Every other frame, also of kinds that this version does not know. */
  control(kind: number, stream: number, body: Buffer): void
}

/** The head of a frame. */
export function muxHead(kind: number, stream: number, bodyBytes: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE(kind * 2 ** 24 + bodyBytes, 0)
  head.writeUInt32BE(stream, 4)
  return head
}

/** Takes the bytes of a connection apart, without holding any back that belong to a stream. */
export class MuxReader {
  readonly #sink: MuxSink
  readonly #head = Buffer.alloc(headBytes)
  #headFilled = 0
  #kind = 0
  #stream = 0
  /** Bytes of the frame's body that are still to come. */
  #left = 0
  #body: Buffer[] = []

  constructor(sink: MuxSink) {
    this.#sink = sink
  }

  /** @throws MuxViolationError; nothing more must be pushed after that */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#left === 0) {
        at = this.#takeHead(bytes, at)
      } else {
        const end = Math.min(at + this.#left, bytes.length)
        this.#left -= end - at
        this.#takeBody(bytes.subarray(at, end))
        at = end
      }
    }
  }

  #takeHead(bytes: Uint8Array, from: number): number {
    let at = from
    while (this.#headFilled < headBytes && at < bytes.length) {
      this.#head[this.#headFilled++] = bytes[at++] ?? 0
    }
    if (this.#headFilled === headBytes) {
      this.#headFilled = 0
      this.#begin()
    }
    return at
  }

  #begin(): void {
    const first = this.#head.readUInt32BE(0)
    this.#kind = first >>> 24
    this.#left = first & mostDataBytes
    this.#stream = this.#head.readUInt32BE(4)
    if (this.#kind !== MuxKind.Data && this.#left > mostBodyBytes) {
      throw new MuxViolationError(`frame of kind ${this.#kind} with ${this.#left} bytes`)
    }
    if (this.#kind !== MuxKind.Data && this.#left === 0) {
      this.#sink.control(this.#kind, this.#stream, Buffer.alloc(0))
    }
  }

  #takeBody(part: Uint8Array): void {
    if (this.#kind === MuxKind.Data) {
      this.#sink.data(this.#stream, part)
      return
    }
    this.#body.push(Buffer.from(part))
    if (this.#left === 0) {
      const body = Buffer.concat(this.#body)
      this.#body = []
      this.#sink.control(this.#kind, this.#stream, body)
    }
  }
}
