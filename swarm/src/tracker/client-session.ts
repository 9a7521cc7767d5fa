// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { connect, type TLSSocket } from 'node:tls'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { formatHostPort } from '../config/index.ts'
import { type Certificate, verifyPeerCertificate } from '../identity/certificate.ts'
import { ClientMessageSchema, type ServerMessage, ServerMessageSchema } from '../proto/tracker_pb.ts'
import { FrameChannel } from './channel.ts'
import { TrackerPinError, TrackerProtocolError, TrackerUnavailableError } from './errors.ts'
import { MAX_CLIENT_FRAME_BYTES, MAX_SERVER_FRAME_BYTES } from './frame.ts'

const CONNECT_TIMEOUT_MS = 10_000
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024
const STALL_MS = 30_000

export interface SessionInit {
  readonly host: string
  readonly port: number
  readonly localAddress: string | undefined
  readonly certificate: Certificate
  /** Nobody else is spoken to; nothing is sent before the other side has proven to be one of them. */
  readonly trackerPeerIds: readonly string[]
  readonly onMessage: (message: ServerMessage) => void
  readonly signal: AbortSignal
}

/** One connection to the tracker, from the TLS handshake on. */
export class ClientSession {
  readonly #channel: FrameChannel
  /** Settles when the connection has ended; with the error that ended it, or undefined. */
  readonly closed: Promise<Error | undefined>

  private constructor(socket: TLSSocket, onMessage: (message: ServerMessage) => void) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    this.#channel = new FrameChannel(socket, {
      maxFrameBytes: MAX_SERVER_FRAME_BYTES,
      maxSentBytes: MAX_CLIENT_FRAME_BYTES,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      stallMs: STALL_MS,
      onFrame: (body) => onMessage(readMessage(body)),
      onClose: resolve,
    })
  }

  /** @throws TrackerPinError when another peer answers; TrackerUnavailableError when nobody does */
  static async open(init: SessionInit): Promise<ClientSession> {
    const socket = await connectTls(init)
    try {
      checkPin(socket, init.trackerPeerIds)
    } catch (error) {
      socket.destroy()
      throw error
    }
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 15_000)
    return new ClientSession(socket, init.onMessage)
  }

  /** What does not fit a frame ends the connection. */
  send(body: MessageInitShape<typeof ClientMessageSchema>['body']): void {
    const message = create(ClientMessageSchema, body === undefined ? {} : { body })
    try {
      this.#channel.send(toBinary(ClientMessageSchema, message))
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  end(): void {
    this.#channel.end()
  }

  destroy(error: Error): void {
    this.#channel.destroy(error)
  }
}

async function connectTls({
  host,
  port,
  localAddress,
  certificate,
  signal,
}: SessionInit): Promise<TLSSocket> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({
    host,
    port,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...certificate,
    minVersion: 'TLSv1.3',
    // The certificate is self-signed; its peer ID is checked before anything is said.
    rejectUnauthorized: false,
  })
  const onAbort = () => reject(patience.reason)
  patience.addEventListener('abort', onAbort)
  socket.once('secureConnect', resolve)
  socket.on('error', reject)
  socket.once('close', () => reject(new Error('the connection was closed')))
  try {
    await promise
    return socket
  } catch (cause) {
    socket.destroy()
    signal.throwIfAborted()
    throw new TrackerUnavailableError(`no tracker answers at ${formatHostPort({ host, port })}`, { cause })
  } finally {
    patience.removeEventListener('abort', onAbort)
  }
}

function checkPin(socket: TLSSocket, pinned: readonly string[]): void {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) throw new TrackerPinError('the tracker shows no certificate')
  const peerId = verifyPeerCertificate(certificate.raw)
  if (!pinned.includes(peerId)) {
    throw new TrackerPinError(`the tracker has the peer ID ${peerId}; pinned is ${pinned.join(' or ')}`)
  }
}

function readMessage(bytes: Uint8Array): ServerMessage {
  try {
    return fromBinary(ServerMessageSchema, bytes)
  } catch (cause) {
    throw new TrackerProtocolError('a message that cannot be read', { cause })
  }
}
