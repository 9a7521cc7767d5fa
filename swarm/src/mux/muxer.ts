// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type CreateStreamOptions,
  type MessageStream,
  MuxerClosedError,
  type StreamMuxerFactory,
  TooManyOutboundProtocolStreamsError,
} from '@libp2p/interface'
import { AbstractStreamMuxer } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { MuxKind, MuxReader, type MuxSink, MuxViolationError, muxHead, muxProtocol } from './frame.ts'
import { MuxStream } from './stream.ts'

/** A connection that needs no events and lists for its bytes: see `SecuredStream`. */
export interface DirectConnection {
  /** Has all bytes given to `reader` from here on, in place of 'message' events; valid only during the call. */
  readBy(reader: (bytes: Uint8Array) => void): void
  /** As `send`, with the parts in one go. */
  sendParts(parts: readonly Uint8Array[]): boolean
}

export interface MuxInit {
  /** In each direction. */
  readonly mostStreams: number
}

interface MuxComponents {
  readonly registrar: { getProtocols(): string[] }
}

/**
 * Streams over one connection, for peers that are both Patchswarm: chosen by ALPN before yamux, which everybody else gets.
 * Against yamux it saves an answer to every frame, the round trip in which a protocol is chosen, and all that stands
 * between the bytes of a TLS record and who reads them.
 */
export function mux(init: MuxInit): (components: MuxComponents) => StreamMuxerFactory {
  // The registrar is there only when the first connection is.
  return (components) => ({
    protocol: muxProtocol,
    createStreamMuxer: (connection) => new Muxer(connection, init, () => components.registrar.getProtocols()),
  })
}

/**
 * For an honest peer that reads nothing for a while no more are written: all streams pause, and what is left is that some end
 * and others are opened. One that opens streams and reads none of the answers would have them kept without end.
 */
const framesPerStream = 8

export class Muxer extends AbstractStreamMuxer<MuxStream> implements MuxSink {
  readonly #mostStreams: number
  readonly #protocols: () => readonly string[]
  readonly #direct: DirectConnection | undefined
  readonly #reader = new MuxReader(this)
  readonly #byId = new Map<number, MuxStream>()
  /** Odd at the end that dialled, even at the other. */
  #next: number
  #inbound = 0
  /** Frames written since the connection wants to be waited for; not credit, for which the other end has to send something. */
  #waiting = 0

  constructor(connection: MessageStream, { mostStreams }: MuxInit, protocols: () => readonly string[]) {
    super(connection, { protocol: muxProtocol, name: 'mux' })
    this.#mostStreams = mostStreams
    this.#protocols = protocols
    this.#next = connection.direction === 'outbound' ? 1 : 2
    this.#direct = 'readBy' in connection ? (connection as MessageStream & DirectConnection) : undefined
    this.#direct?.readBy((bytes) => this.#take(bytes))
    connection.addEventListener('drain', () => {
      this.#waiting = 0
    })
  }

  onCreateStream({ protocol }: CreateStreamOptions): MuxStream {
    if (this.#byId.size - this.#inbound >= this.#mostStreams) {
      throw new TooManyOutboundProtocolStreamsError(`${this.#mostStreams} streams are open`)
    }
    if (this.maConn.status !== 'open') {
      throw new MuxerClosedError()
    }
    const id = this.#next
    this.#next += 2
    const stream = this.#add(id, 'outbound', protocol ?? '')
    this.#sendFrame(MuxKind.Open, id, [Buffer.from(stream.protocol)])
    return stream
  }

  onData(data: Uint8Array | Uint8ArrayList): void {
    for (const bytes of data instanceof Uint8Array ? [data] : data) {
      this.#reader.push(bytes)
    }
  }

  data(id: number, bytes: Uint8Array): void {
    // One that was closed here while its last bytes were on their way is no mistake of the other end.
    this.#byId.get(id)?.receive(bytes)
  }

  control(kind: number, id: number, body: Buffer): void {
    const stream = this.#byId.get(id)
    switch (kind) {
      case MuxKind.Open:
        this.#opened(id, body.toString())
        return
      case MuxKind.Credit:
        if (body.length !== 4) {
          throw new MuxViolationError(`credit of ${body.length} bytes`)
        }
        stream?.receiveCredit(body.readUInt32BE(0))
        return
      case MuxKind.End:
        stream?.onRemoteCloseWrite()
        return
      case MuxKind.Reset:
        stream?.onRemoteReset()
        return
      default:
      // A newer peer may say more.
    }
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#reader.push(bytes)
    } catch (error) {
      this.abort(error as Error)
      this.maConn.abort(error as Error)
    }
  }

  /** A protocol that nobody here speaks is refused before anybody hears of it: libp2p would note its name for ever. */
  #opened(id: number, protocol: string): void {
    if (id % 2 === this.#next % 2 || this.#byId.has(id)) {
      throw new MuxViolationError(`stream ${id} cannot be opened`)
    }
    const known = protocol === '' || this.#protocols().includes(protocol)
    if (!known || this.#inbound >= this.#mostStreams || this.status !== 'open') {
      this.#sendFrame(MuxKind.Reset, id, [])
      return
    }
    this.onRemoteStream(this.#add(id, 'inbound', protocol))
  }

  #add(id: number, direction: 'inbound' | 'outbound', protocol: string): MuxStream {
    const stream = new MuxStream({
      id: `${id}`,
      streamId: id,
      protocol,
      direction,
      log: this.log.newScope(`${direction}:${id}`),
      sendFrame: (kind, streamId, body) => this.#sendFrame(kind, streamId, body),
      isFull: () => this.maConn.writableNeedsDrain,
    })
    this.#byId.set(id, stream)
    this.#inbound += direction === 'inbound' ? 1 : 0
    stream.addEventListener(
      'close',
      () => {
        this.#byId.delete(id)
        this.#inbound -= direction === 'inbound' ? 1 : 0
      },
      { once: true },
    )
    return stream
  }

  #sendFrame(kind: number, id: number, body: readonly Uint8Array[]): boolean {
    // Streams that end after the connection has closed have nobody to tell.
    if (this.maConn.status !== 'open') {
      return false
    }
    const length = body.reduce((sum, part) => sum + part.length, 0)
    const parts = [muxHead(kind, id, length), ...body]
    const canSendMore =
      this.#direct === undefined
        ? this.maConn.send(new Uint8ArrayList(...parts))
        : this.#direct.sendParts(parts)
    if (!canSendMore) {
      for (const stream of this.streams) {
        stream.onMuxerNeedsDrain()
      }
      this.#waiting += kind === MuxKind.Credit ? 0 : 1
      if (this.#waiting > framesPerStream * this.#mostStreams) {
        this.maConn.abort(new MuxViolationError(`${this.#waiting} frames wait for a peer that does not read`))
      }
    }
    return canSendMore
  }
}
