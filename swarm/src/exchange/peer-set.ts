// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Stream } from '@libp2p/interface'
import type { Candidate } from './connector.ts'
import { type Hello, RefusedError } from './errors.ts'
import { awaitFirst, type Described, type Greeting, readHello, refuse } from './handshake.ts'
import { Link } from './link.ts'
import { chunkProtocol, type Message, protocolVersion } from './messages.ts'
import { Session, type SessionOwner } from './session.ts'
import type { SwarmHost } from './types.ts'

export interface PeerSetInit {
  readonly host: SwarmHost
  readonly swarmId: Uint8Array
  readonly key: string
  readonly owner: SessionOwner
  /** What HELLO says of this node now. */
  readonly describe: () => Described
  /** Whether the tracker names it; everybody counts while it names nobody. */
  readonly isListed: (peerId: string) => boolean
  /** False while nobody is spoken to. */
  readonly isOpen: () => boolean
  /** A peer is greeted; `old` is the session that this one replaces. */
  readonly onJoined: (session: Session, old: Session | undefined) => void
}

const connectTimeoutMs = 15_000

/** The peers of one swarm: says HELLO to some, answers that of others, and keeps one session a peer. */
export class PeerSet {
  readonly sessions = new Map<string, Session>()
  /** The last refusal by or of a peer, for people. */
  lastRefusal: string | undefined
  readonly #init: PeerSetInit
  /** HELLOs of ours without an answer. */
  readonly #greeting = new Map<string, Link>()

  constructor(init: PeerSetInit) {
    this.#init = init
  }

  has(peerId: string): boolean {
    return this.sessions.has(peerId) || this.#greeting.has(peerId)
  }

  /** Calls a peer. @throws RefusedError, or why it is not reached */
  async connect(candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { peerId } = candidate
    try {
      this.#checkRoom(peerId)
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)])
      const stream = await this.#init.host.node.openStream(candidate, chunkProtocol, timeout)
      if (!this.#init.isOpen() || this.sessions.has(peerId)) {
        stream.abort(new RefusedError('Duplicate', 'not needed any more', false))
        return
      }
      await this.#greet(stream, peerId)
    } catch (error) {
      this.noteRefusal(peerId, error as Error)
      throw error
    }
  }

  /** A peer has said HELLO to this swarm. */
  answer(link: Link, peerId: string, hello: Hello): void {
    try {
      this.#checkRoom(peerId)
      const membership = this.#init.host.checkHello(hello, peerId)
      const said = this.#init.describe()
      this.#sayHello(link, said)
      this.#activate({ peerId, membership, hello, said }, link)
    } catch (error) {
      void refuse(link, error).then((refusal) => this.noteRefusal(peerId, refusal))
    }
  }

  drop(peerId: string, reason: string, message: string): void {
    void this.#greeting.get(peerId)?.close(reason, message)
    void this.sessions.get(peerId)?.link.close(reason, message)
  }

  closeAll(reason: string, message: string): void {
    for (const link of this.#greeting.values()) {
      void link.close(reason, message)
    }
    for (const session of [...this.sessions.values()]) {
      void session.link.close(reason, message)
    }
  }

  noteRefusal(peerId: string, error: Error): void {
    const { host, key } = this.#init
    const reason = error instanceof RefusedError ? error.reason : error.name
    this.lastRefusal = `${peerId}: ${reason}: ${error.message}`
    host.log.debug({ swarm: key, peer: peerId, reason, err: error }, 'Not talking to a peer')
  }

  /** Says HELLO and waits for the answer. @throws RefusedError */
  #greet(stream: Stream, peerId: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const said = this.#init.describe()
    const onFirst = (message: Message) => {
      this.#greeting.delete(peerId)
      try {
        const hello = readHello(message)
        const membership = this.#init.host.checkHello(hello, peerId)
        this.#activate({ peerId, membership, hello, said }, link)
        resolve()
      } catch (error) {
        void refuse(link, error).then(reject)
      }
    }
    const onFailed = (error: Error) => {
      this.#greeting.delete(peerId)
      reject(error)
    }
    const link: Link = new Link(
      stream,
      (own) => awaitFirst(own, onFirst, onFailed),
      this.#init.host.limits.upload,
    )
    this.#greeting.set(peerId, link)
    this.#sayHello(link, said)
    return promise
  }

  #sayHello(link: Link, said: Described): void {
    const { host, swarmId } = this.#init
    const membership = host.membership()
    link.send({ type: 'hello', version: protocolVersion, swarmId, membership, ...said })
  }

  /** @throws RefusedError */
  #checkRoom(peerId: string): void {
    const { host, isListed, isOpen } = this.#init
    if (!isOpen()) {
      throw new RefusedError('Suspended', 'transfers stand still', false)
    }
    // Both called at once: the stream that the lower ID opened is kept.
    if (this.#greeting.has(peerId) && host.selfId < peerId) {
      throw new RefusedError('Duplicate', 'my own stream is on its way to you', false)
    }
    // Others that found this node by themselves do not take the place of those that the tracker has it talk to.
    const most = (isListed(peerId) ? 2 : 1) * host.maxPeers()
    if (!this.sessions.has(peerId) && this.sessions.size >= most) {
      throw new RefusedError('TooManyPeers', `${this.sessions.size} peers in this swarm`, false)
    }
  }

  #activate(greeting: Greeting, link: Link): void {
    const { host, key, owner, onJoined } = this.#init
    const { peerId, membership } = greeting
    const old = this.sessions.get(peerId)
    const session = new Session(greeting, link, owner, host.pool)
    this.sessions.set(peerId, session)
    // The peer would not call again if its end of an older stream were still alive.
    void old?.link.close('Replaced', 'by a newer stream')
    void this.#greeting.get(peerId)?.close('Duplicate', 'your own stream is used')
    const { node, roles } = membership
    host.log.debug({ swarm: key, peer: peerId, node, roles }, 'Peer joined')
    onJoined(session, old)
  }
}
