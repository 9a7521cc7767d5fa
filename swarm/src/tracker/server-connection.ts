// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TLSSocket } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { swarmKey } from '../manifest/swarm-id.ts'
import {
  type ClientMessage,
  type Hello,
  type Revoked,
  type ServerMessage,
  ServerMessageSchema,
} from '../proto/tracker_pb.ts'
import { FrameChannel } from './channel.ts'
import { readClientMessage } from './client-message.ts'
import { desiredMessage } from './desired-message.ts'
import { TrackerProtocolError } from './errors.ts'
import { checkFits, MAX_CLIENT_FRAME_BYTES, MAX_SERVER_FRAME_BYTES } from './frame.ts'
import { encodedRevoked } from './revoked.ts'
import type { DesiredInit, PeerInit } from './types.ts'

/** Before a client is known: a Hello with a token of a few KiB, no more. */
const MAX_HELLO_BYTES = 64 * 1024
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024
const STALL_MS = 30_000
/** Honest clients send a report each interval and, reading small files from fast origins, a hundred grant requests a second. */
const MAX_MESSAGES_A_WINDOW = 2000
const WINDOW_MS = 10_000

export interface ConnectionEvents {
  hello(connection: ServerConnection, hello: Hello): void
  message(connection: ServerConnection, message: ClientMessage): void
  closed(connection: ServerConnection, error: Error | undefined): void
}

/** One client's connection as the server sees it: first a Hello in time, then messages at a bounded rate. */
export class ServerConnection {
  readonly peerId: string
  readonly remoteAddress: string
  /** By the monotonic clock. */
  lastHeardAt = performance.now()
  /** Grants being decided on. */
  pendingGrants = 0
  readonly #channel: FrameChannel
  readonly #events: ConnectionEvents
  readonly #epoch: () => number
  /** What was sent last: the digest of the desired state, peers by swarm, who is revoked. */
  #desired: string | undefined
  readonly #peers = new Map<string, readonly PeerInit[]>()
  #revoked: Revoked | undefined
  readonly #closed = new AbortController()
  #helloSeen = false
  #welcomed = false
  /** Of the desired state sent last. Grows over connections too: a report that was made on an earlier one knows of nothing that was said on this. */
  #revision: number
  #window = { start: performance.now(), messages: 0 }

  constructor(
    socket: TLSSocket,
    peerId: string,
    init: { epoch: () => number; now: () => number; events: ConnectionEvents },
  ) {
    this.peerId = peerId
    this.remoteAddress = socket.remoteAddress ?? ''
    this.#events = init.events
    this.#epoch = init.epoch
    this.#revision = init.now() * 1000
    this.#channel = new FrameChannel(socket, {
      maxFrameBytes: MAX_HELLO_BYTES,
      maxSentBytes: MAX_SERVER_FRAME_BYTES,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      stallMs: STALL_MS,
      onFrame: (body) => this.#receive(body),
      onClose: (error) => {
        this.#closed.abort(error ?? new Error('the connection was closed'))
        this.#events.closed(this, error)
      },
    })
  }

  /** Aborted when the connection is gone: what is being done for it can stop. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  get helloSeen(): boolean {
    return this.#helloSeen
  }

  /** From now on reports and grant requests are taken. */
  welcome(welcome: NonNullable<Extract<ServerMessage['body'], { case: 'welcome' }>['value']>): void {
    this.#welcomed = true
    this.#channel.maxFrameBytes = MAX_CLIENT_FRAME_BYTES
    this.send({ case: 'welcome', value: welcome })
    this.#channel.resume()
  }

  send(body: MessageInitShape<typeof ServerMessageSchema>['body']): void {
    const message = create(ServerMessageSchema, {
      epoch: this.#epoch(),
      ...(body === undefined ? {} : { body }),
    })
    this.#channel.send(toBinary(ServerMessageSchema, message))
  }

  /**
   * Sends the state unless the same was sent last.
   * @returns its revision on this connection
   * @throws TrackerProtocolError when it does not fit a frame: then the one before is still the last
   */
  sendDesired(desired: DesiredInit): number {
    const { message, digest, bytes } = desiredMessage(desired)
    if (this.#desired !== digest) {
      // It was encoded once for everybody: not for each one in vain.
      checkFits(bytes, MAX_SERVER_FRAME_BYTES)
      message.revision = this.#revision + 1
      this.send({ case: 'desired', value: message })
      this.#desired = digest
      this.#revision = message.revision
    }
    return this.#revision
  }

  /** Sends the list unless the same was sent last; the same objects in it are taken to say the same. */
  sendPeers(swarmId: Uint8Array, peers: readonly PeerInit[]): void {
    const key = swarmKey(swarmId)
    if (isSameList(this.#peers.get(key), peers)) return
    this.#peers.set(key, peers)
    this.send({ case: 'peers', value: { swarmId, peers: [...peers] } })
  }

  /** Sends it unless the same object was sent last. */
  sendRevoked(revoked: Revoked): void {
    if (this.#revoked === revoked) return
    this.#revoked = revoked
    this.#channel.send(encodedRevoked(revoked, this.#epoch()))
  }

  /** Sends a last message and closes. */
  end(body: MessageInitShape<typeof ServerMessageSchema>['body']): void {
    this.send(body)
    this.#channel.end()
  }

  destroy(error: Error): void {
    this.#channel.destroy(error)
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#channel.open) return
    this.lastHeardAt = performance.now()
    this.#countMessage()
    const message = readClientMessage(bytes, this.#welcomed)
    if (message.body.case === 'hello') this.#receiveHello(message.body.value)
    else this.#events.message(this, message)
  }

  #receiveHello(hello: Hello): void {
    if (this.#helloSeen) throw new TrackerProtocolError('a second hello')
    this.#helloSeen = true
    this.#channel.pause()
    this.#events.hello(this, hello)
  }

  #countMessage(): void {
    if (this.lastHeardAt - this.#window.start > WINDOW_MS)
      this.#window = { start: this.lastHeardAt, messages: 0 }
    this.#window.messages += 1
    if (this.#window.messages > MAX_MESSAGES_A_WINDOW) {
      throw new TrackerProtocolError(`more than ${MAX_MESSAGES_A_WINDOW} messages in ${WINDOW_MS} ms`)
    }
  }
}

const isSameList = (before: readonly unknown[] | undefined, now: readonly unknown[]): boolean =>
  before?.length === now.length &&
  before.every((one, at) => one === now[at] || isDeepStrictEqual(one, now[at]))
