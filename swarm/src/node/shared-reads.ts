// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Socket } from 'node:net'

/** Node hands over the plain text of one TLS record at a time, 16 KiB. One buffer does for all sockets: nobody keeps it. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

interface Innards {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null
  [symbol: symbol]: unknown
}

/**
 * Has all that a socket reads from here on put into a buffer that is used again and again, and given to `reader`; valid
 * only during the call. Node offers that (`onread` of `net.Socket`), but not for TLS over a socket that is there already,
 * so its three fields are set here. Without it every record has memory of its own, which sets off one collection of V8's
 * whole heap after the other: a third of a receiver's CPU.
 *
 * @returns false when this Node has no such fields, or bytes were read that nobody has taken yet: use 'data' events
 */
export function readIntoShared(socket: Socket, reader: (bytes: Uint8Array) => void): boolean {
  const innards = socket as unknown as Innards
  const [kBuffer, kBufferCb, kBufferGen] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map((name) =>
    Object.getOwnPropertySymbols(innards).find(({ description }) => description === name),
  )
  const known = kBuffer !== undefined && kBufferCb !== undefined && kBufferGen !== undefined
  if (!known || typeof innards._handle?.useUserBuffer !== 'function' || socket.readableLength > 0) {
    return false
  }
  innards[kBuffer] = buffer
  innards[kBufferGen] = null
  innards[kBufferCb] = (length: number) => {
    reader(buffer.subarray(0, length))
    return true
  }
  innards._handle.useUserBuffer(buffer)
  return true
}
