// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { TrackerProtocolError } from './errors.ts'

/** From a client: a report of some thousand artifacts, each of some hundred bytes. */
export const MAX_CLIENT_FRAME_BYTES = 1024 * 1024
/** From the tracker, which is pinned: a desired state with 32 KiB of certificates for each source of a thousand. */
export const MAX_SERVER_FRAME_BYTES = 32 * 1024 * 1024
const HEAD_BYTES = 4

/** @throws TrackerProtocolError */
export function checkFits(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return
  throw new TrackerProtocolError(`a message of ${bytes} bytes does not fit a frame of ${maxBytes}`)
}

/** A big-endian uint32 length, then the message. @throws TrackerProtocolError above `maxBytes` */
export function encodeFrame(body: Uint8Array, maxBytes = MAX_SERVER_FRAME_BYTES): Buffer {
  checkFits(body.length, maxBytes)
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length)
  frame.writeUInt32BE(body.length, 0)
  frame.set(body, HEAD_BYTES)
  return frame
}

/** Cuts a byte stream into frames; holds at most one unfinished frame of `maxBytes`. */
export class FrameReader {
  maxBytes: number
  #parts: Buffer[] = []
  #held = 0

  constructor(maxBytes = MAX_SERVER_FRAME_BYTES) {
    this.maxBytes = maxBytes
  }

  /**
   * Takes the bytes and calls `onFrame` for every message that is now whole, in order.
   * @throws TrackerProtocolError as soon as a length above `maxBytes` is announced, before its bytes are kept
   */
  push(bytes: Buffer, onFrame: (body: Uint8Array) => void): void {
    this.#parts.push(bytes)
    this.#held += bytes.length
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      const frame = this.#take(HEAD_BYTES + length)
      // A plain array: the fields of a message are views of it, and a Buffer in them surprises (JSON, equality).
      onFrame(new Uint8Array(frame.buffer, frame.byteOffset + HEAD_BYTES, length))
    }
  }

  /** Length of the first frame when it is wholly here. */
  #nextLength(): number | undefined {
    if (this.#held < HEAD_BYTES) return undefined
    const length = this.#head().readUInt32BE(0)
    if (length > this.maxBytes) {
      throw new TrackerProtocolError(
        `a frame of ${length} bytes was announced; at most ${this.maxBytes} are taken`,
      )
    }
    return this.#held >= HEAD_BYTES + length ? length : undefined
  }

  #head(): Buffer {
    const first = this.#parts[0]
    if (first !== undefined && first.length >= HEAD_BYTES) return first
    return this.#join()
  }

  #take(length: number): Buffer {
    const all = this.#join()
    const rest = all.subarray(length)
    this.#parts = rest.length > 0 ? [rest] : []
    this.#held = rest.length
    return all.subarray(0, length)
  }

  #join(): Buffer {
    const joined = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
    this.#parts = [joined]
    return joined
  }
}
