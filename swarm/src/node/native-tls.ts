// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls'
import type {
  ConnectionEncrypter,
  MessageStream,
  SecureConnectionOptions,
  SecuredConnection,
  StreamMuxerFactory,
} from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { tls } from '@libp2p/tls'
import { createCertificate, type Identity, verifyPeerCertificate } from '../identity/index.ts'
import { SecuredStream } from './secured-stream.ts'

type StockComponents = Parameters<ReturnType<typeof tls>>[0]

/** The other end is not the peer that was dialled. */
export class UnexpectedPeerError extends Error {
  override name = 'UnexpectedPeerError'
}

const plainProtocol = 'libp2p'
/** A whole piece of a chunk and its heads fit without a wait. */
const writeBufferBytes = 256 * 1024

/**
 * `/tls/1.0.0` like `@libp2p/tls`, but Node's TLS is given the TCP socket itself: read and written by the system's own
 * event loop, without a JavaScript stream in between, it is more than twice as fast at half the CPU. Where the connection
 * has no such socket (it is a private field of `@libp2p/tcp`) the stock encrypter does it.
 */
export function nativeTls(identity: Identity): (components: StockComponents) => ConnectionEncrypter {
  const secureContext = createSecureContext({
    ...createCertificate(identity),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
  })
  return (components) => new NativeTls(secureContext, components)
}

class NativeTls implements ConnectionEncrypter {
  readonly protocol = '/tls/1.0.0'
  readonly #secureContext: SecureContext
  readonly #components: StockComponents
  readonly #stock: ConnectionEncrypter

  constructor(secureContext: SecureContext, components: StockComponents) {
    this.#secureContext = secureContext
    this.#components = components
    this.#stock = tls()(components)
  }

  secureInbound(connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    const socket = takeSocket(connection)
    if (socket === undefined) {
      return copying(this.#stock.secureInbound(connection, options))
    }
    const secured = new TLSSocket(socket, {
      ...this.#options(),
      isServer: true,
      requestCert: true,
      ALPNCallback: ({ protocols }: { protocols: string[] }) => this.#chooseProtocol(protocols),
    } as TLSSocketOptions)
    return this.#handshake(connection, secured, options)
  }

  secureOutbound(connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    const socket = takeSocket(connection)
    if (socket === undefined) {
      return copying(this.#stock.secureOutbound(connection, options))
    }
    const secured = connect({
      ...this.#options(),
      socket,
      ALPNProtocols: [...this.#muxers(options).keys(), plainProtocol],
    })
    return this.#handshake(connection, secured, options)
  }

  /** Certificates are self-signed: who the peer is follows from the extension that is checked afterwards. */
  #options() {
    return {
      secureContext: this.#secureContext,
      rejectUnauthorized: false,
      highWaterMark: writeBufferBytes,
    }
  }

  #muxers(options: SecureConnectionOptions | undefined): ReadonlyMap<string, StreamMuxerFactory> {
    return options?.skipStreamMuxerNegotiation === true
      ? new Map()
      : this.#components.upgrader.getStreamMuxers()
  }

  #chooseProtocol(protocols: readonly string[]): string | undefined {
    const muxers = this.#components.upgrader.getStreamMuxers()
    return (
      protocols.find((protocol) => muxers.has(protocol)) ??
      protocols.find((protocol) => protocol === plainProtocol)
    )
  }

  async #handshake(
    connection: MessageStream,
    secured: TLSSocket,
    options: SecureConnectionOptions | undefined,
  ): Promise<SecuredConnection> {
    try {
      await secureOf(secured, options?.signal)
      const remotePeer = peerIdFromString(verifyPeerCertificate(secured.getPeerCertificate().raw))
      if (options?.remotePeer !== undefined && !options.remotePeer.equals(remotePeer)) {
        throw new UnexpectedPeerError(`${remotePeer} answered in place of ${options.remotePeer}`)
      }
      const streamMuxer = this.#muxers(options).get(secured.alpnProtocol || plainProtocol)
      const encrypted = { remotePeer, connection: new SecuredStream(connection, secured) }
      return streamMuxer === undefined ? encrypted : { ...encrypted, streamMuxer }
    } catch (error) {
      secured.on('error', () => {})
      secured.destroy()
      connection.abort(error as Error)
      throw error
    }
  }
}

/** What `SecuredStream` promises holds for the stock encrypter too: who sends may use the buffer again. */
async function copying(securing: Promise<SecuredConnection>): Promise<SecuredConnection> {
  const secured = await securing
  const { connection } = secured
  const send = connection.send.bind(connection)
  connection.send = (data) => send(Uint8Array.from(data.subarray()))
  return secured
}

/**
 * Takes the TCP socket from under a connection: from here on nothing but TLS reads it. What was read already (the peer
 * need not wait for us) is put back. Must run in one go, for bytes that come in between would be lost.
 */
function takeSocket(connection: MessageStream): Socket | undefined {
  const { socket, readBuffer } = connection as MessageStream & {
    socket?: unknown
    readBuffer?: { byteLength: number; subarray(): Uint8Array; consume(bytes: number): void }
  }
  if (!(socket instanceof Socket) || readBuffer === undefined || socket.destroyed) {
    return
  }
  socket.pause()
  socket.removeAllListeners('data')
  // The raw socket sees no traffic any more and would think itself idle; the connection monitor's pings take over.
  socket.setTimeout(0)
  if (readBuffer.byteLength > 0) {
    const early = Uint8Array.from(readBuffer.subarray())
    readBuffer.consume(early.length)
    socket.unshift(early)
  }
  return socket
}

/** Resolves when the handshake is through. */
async function secureOf(secured: TLSSocket, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal?.reason)
  const onClose = () => reject(new Error('the connection closed during the TLS handshake'))
  secured.once('secure', resolve)
  secured.once('error', reject)
  secured.once('close', onClose)
  signal?.addEventListener('abort', onAbort)
  try {
    signal?.throwIfAborted()
    await promise
  } finally {
    secured.off('error', reject)
    secured.off('close', onClose)
    signal?.removeEventListener('abort', onAbort)
  }
}
