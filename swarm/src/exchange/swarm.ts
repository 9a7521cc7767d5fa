// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Candidate, Connector } from './connector.ts'
import { type Hello, ManifestMismatchError, RefusedError } from './errors.ts'
import { awaitFirst, type Greeting, readHello, refuse } from './handshake.ts'
import { Link } from './link.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { manifestPart } from './manifest-transfer.ts'
import { chunkProtocol, type Message, ProtocolViolationError, protocolVersion } from './messages.ts'
import { RateMeter } from './rate-meter.ts'
import { Session, type SessionOwner } from './session.ts'
import { Transfer } from './transfer.ts'
import type { JoinOptions, SwarmHost, SwarmPeerView, SwarmStatistics } from './types.ts'

/** After a chunk could not be stored, nothing is asked for so long. */
const storeRestMs = 5000

/** One artifact that this node wants or has, and the peers it exchanges its chunks with. */
export class Swarm implements SessionOwner {
  readonly swarmId: Uint8Array
  readonly key: string
  readonly #host: SwarmHost
  readonly #options: JoinOptions
  readonly #sessions = new Map<string, Session>()
  /** HELLOs of ours without an answer. */
  readonly #greeting = new Map<string, Link>()
  readonly #connector: Connector
  readonly #manifest: ManifestFetch
  readonly #up: RateMeter
  readonly #down: RateMeter
  readonly #stopListening: () => void
  #transfer: Transfer | undefined
  #suspended = false
  #stopped = false
  #completed = false
  #rest: NodeJS.Timeout | undefined
  #lastRefusal: string | undefined

  /** @throws ManifestMismatchError when what is on disk is another artifact */
  constructor(host: SwarmHost, options: JoinOptions) {
    const { artifact, expectedCid } = options
    checkCid(options, expectedCid)
    this.#host = host
    this.#options = options
    this.swarmId = artifact.swarmId
    this.key = artifact.key
    this.#up = new RateMeter(host.now())
    this.#down = new RateMeter(host.now())
    this.#connector = new Connector({
      selfId: host.selfId,
      maxPeers: host.maxPeers,
      connect: (candidate, signal) => this.#connect(candidate, signal),
      isConnected: (peerId) => this.#sessions.has(peerId) || this.#greeting.has(peerId),
      connected: () => this.#sessions.size,
      now: host.now,
      random: host.random,
    })
    this.#manifest = new ManifestFetch(
      {
        artifact,
        sessions: this.#sessions,
        random: host.random,
        onBadManifest: (session, error) => host.strike(session.peerId, error.message),
        onManifest: () => this.#beginTransfer(),
        onStoreError: (error) => this.#restAfter(error),
      },
      expectedCid,
    )
    this.#stopListening = artifact.onHeld((chunks) => this.#held(chunks))
    this.#beginTransfer()
    this.#connector.start()
    this.#noteComplete()
  }

  /** Names the artifact's root CID once it is known. @throws ManifestMismatchError when what is on disk is another */
  expect(cid: string): void {
    checkCid(this.#options, cid)
    this.#manifest.expect(cid)
  }

  /** The tracker's list: all that it names, in place of the list before. */
  setPeers(peers: readonly Candidate[]): void {
    this.#connector.setListed(peers)
  }

  found(peer: Candidate): void {
    this.#connector.found(peer)
  }

  /** Chunks that a re-hash dropped are fetched again. */
  lost(chunks: readonly number[]): void {
    this.#transfer?.feed({ type: 'lost', chunks })
    this.#completed &&= chunks.length === 0
  }

  suspend(): void {
    if (!this.#suspended) {
      this.#suspended = true
      this.#connector.stop()
      this.#closeAll('Suspended', 'transfers stand still')
    }
  }

  resume(): void {
    if (this.#suspended && !this.#stopped) {
      this.#suspended = false
      clearTimeout(this.#rest)
      this.#connector.start()
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#rest)
    this.#stopListening()
    this.#connector.stop()
    this.#manifest.stop()
    this.#closeAll('Left', 'this node has left the swarm')
    this.#transfer?.stop()
  }

  drop(peerId: string, reason: string, message: string): void {
    void this.#greeting.get(peerId)?.close(reason, message)
    const session = this.#sessions.get(peerId)
    if (session !== undefined) {
      void session.link.close(reason, message)
    }
  }

  statistics(): SwarmStatistics {
    const now = this.#host.now()
    const neighbours = [...(this.#transfer?.policy.neighbours.values() ?? [])]
    return {
      peers: this.#sessions.size,
      usefulPeers: neighbours.filter((neighbour) => neighbour.offers > 0 || neighbour.dealing).length,
      rateDown: this.#down.rate(now),
      rateUp: this.#up.rate(now),
      bytesDown: this.#down.total,
      bytesUp: this.#up.total,
      chunksRefused: this.#options.artifact.counters.chunksRefused,
      chunksDuplicate: this.#transfer?.duplicates ?? 0,
      suspended: this.#suspended,
      dealing: this.#transfer?.policy.dealing ?? false,
      lastRefusal: this.#lastRefusal,
    }
  }

  peers(): SwarmPeerView[] {
    return [...this.#sessions.values()].map(({ peerId, membership }) => ({
      peerId,
      node: membership.node,
      role: membership.roles[0] ?? '',
      chunks: this.#transfer?.policy.neighbours.get(peerId)?.hasCount ?? 0,
    }))
  }

  /** A peer has said HELLO to this swarm. */
  answer(link: Link, peerId: string, hello: Hello): void {
    try {
      this.#checkRoom(peerId)
      const membership = this.#host.checkHello(hello, peerId)
      const shown = this.#sayHello(link)
      this.#activate({ peerId, membership, hello, shown }, link)
    } catch (error) {
      void refuse(link, error).then((refusal) => this.#noteRefusal(peerId, refusal))
    }
  }

  expectChunk(session: Session, chunk: number): number {
    if (this.#transfer === undefined) {
      throw new ProtocolViolationError('a chunk before the manifest')
    }
    return this.#transfer.expectChunk(session, chunk)
  }

  chunk(session: Session, chunk: number, bytes: Buffer): void {
    this.#transfer?.received(session, chunk, bytes)
  }

  sent(session: Session, chunk: number, bytes: number): void {
    this.#transfer?.sent(session, chunk, bytes)
  }

  unreadable(session: Session, chunk: number, error: unknown): void {
    this.#transfer?.unreadable(session, chunk, error)
  }

  closed(session: Session, error: Error | undefined): void {
    if (this.#sessions.get(session.peerId) !== session) {
      return
    }
    this.#sessions.delete(session.peerId)
    this.#transfer?.leave(session)
    this.#manifest.gone(session)
    this.#connector.retrySoon(session.peerId)
    this.#host.log.debug({ swarm: this.key, peer: session.peerId, err: error }, 'Peer left')
    if (error instanceof ProtocolViolationError) {
      this.#host.strike(session.peerId, error.message)
    }
  }

  message(session: Session, message: Message): void {
    switch (message.type) {
      case 'close':
        this.#noteRefusal(session.peerId, new RefusedError(message.reason, message.message, true))
        void session.link.close()
        return
      case 'wantManifest':
        this.#sendManifest(session, message.first)
        return
      case 'manifest':
        this.#manifest.take(session, message)
        return
      case 'hello':
        throw new ProtocolViolationError('a second HELLO')
      case 'have':
        this.#takeHave(session, message)
        return
      default:
        this.#takeTransferMessage(session, message)
    }
  }

  #takeHave(session: Session, message: Extract<Message, { type: 'have' }>): void {
    const transfer = this.#transfer
    if (transfer === undefined) {
      this.#manifest.next()
    } else if (!transfer.has(session)) {
      // The first word of a peer that has just got the manifest.
      transfer.join(session)
    } else {
      for (const [first, count] of message.ranges.length > 0 ? message.ranges : [[0, 0] as const]) {
        transfer.feed({ type: 'have', peer: session.peerId, first, count })
      }
    }
  }

  #takeTransferMessage(session: Session, message: TransferMessage): void {
    if (this.#transfer !== undefined) {
      if (message.type === 'busy' || message.type === 'notFound') {
        session.asked.answered(message.chunk)
      }
      this.#transfer.feed({ ...message, peer: session.peerId })
    } else if (message.type === 'invite') {
      // No manifest yet: the HAVE that follows it makes this node welcome again.
      session.link.send({ type: 'pass', reason: 'full' })
    }
  }

  async #connect(candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { peerId } = candidate
    try {
      this.#checkRoom(peerId)
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(15_000)])
      const stream = await this.#host.node.openStream(candidate, chunkProtocol, timeout)
      if (this.#stopped || this.#suspended || this.#sessions.has(peerId)) {
        stream.abort(new RefusedError('Duplicate', 'not needed any more', false))
        return
      }
      await this.#greet(stream, peerId)
    } catch (error) {
      this.#noteRefusal(peerId, error as Error)
      throw error
    }
  }

  /** Says HELLO and waits for the answer. @throws RefusedError */
  #greet(stream: ConstructorParameters<typeof Link>[0], peerId: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let shown: Uint8Array = new Uint8Array()
    const onFirst = (message: Message) => {
      this.#greeting.delete(peerId)
      try {
        const hello = readHello(message)
        this.#activate({ peerId, membership: this.#host.checkHello(hello, peerId), hello, shown }, link)
        resolve()
      } catch (error) {
        void refuse(link, error).then(reject)
      }
    }
    const onFailed = (error: Error) => {
      this.#greeting.delete(peerId)
      reject(error)
    }
    const link: Link = new Link(stream, (link) => awaitFirst(link, onFirst, onFailed))
    this.#greeting.set(peerId, link)
    shown = this.#sayHello(link)
    return promise
  }

  #sayHello(link: Link): Uint8Array {
    const bitmap = this.#transfer?.shown ?? new Uint8Array()
    link.send({
      type: 'hello',
      version: protocolVersion,
      dealing: this.#transfer?.policy.dealing ?? false,
      hasManifest: this.#transfer !== undefined,
      swarmId: this.swarmId,
      membership: this.#host.membership(),
      chunks: bitmap.length === 0 ? 0 : this.#options.artifact.chunks,
      bitmap,
    })
    return bitmap
  }

  /** @throws RefusedError */
  #checkRoom(peerId: string): void {
    if (this.#stopped || this.#suspended) {
      throw new RefusedError('Suspended', 'transfers stand still', false)
    }
    // Both called at once: the stream that the lower ID opened is kept.
    if (this.#greeting.has(peerId) && this.#host.selfId < peerId) {
      throw new RefusedError('Duplicate', 'my own stream is on its way to you', false)
    }
    if (!this.#sessions.has(peerId) && this.#sessions.size >= 2 * this.#host.maxPeers()) {
      throw new RefusedError('TooManyPeers', `${this.#sessions.size} peers in this swarm`, false)
    }
  }

  #activate(greeting: Greeting, link: Link): void {
    const { peerId } = greeting
    const old = this.#sessions.get(peerId)
    const session = new Session(greeting, link, this, this.#host.pool)
    this.#sessions.set(peerId, session)
    if (old !== undefined) {
      // The peer would not call again if its end were still alive.
      this.#transfer?.leave(old)
      this.#manifest.gone(old)
      void old.link.close('Replaced', 'by a newer stream')
    }
    void this.#greeting.get(peerId)?.close('Duplicate', 'your own stream is used')
    const { node, roles } = greeting.membership
    this.#host.log.debug({ swarm: this.key, peer: peerId, node, roles }, 'Peer joined')
    if (this.#transfer === undefined) {
      this.#manifest.next()
    } else if (session.hasManifest) {
      this.#transfer.join(session)
    }
  }

  #sendManifest(session: Session, first: number): void {
    const { manifest } = this.#options.artifact
    if (manifest !== undefined && this.#transfer !== undefined) {
      session.link.send(manifestPart(manifest, first))
    }
  }

  /** As soon as the manifest is there: from disk, from a peer, or because the seeder has read the origin. */
  #beginTransfer(): void {
    const { artifact, role } = this.#options
    if (this.#transfer !== undefined || artifact.manifest === undefined || this.#stopped) {
      return
    }
    this.#transfer = new Transfer({
      artifact,
      dealer: role === 'seeder' && artifact.complete,
      sessions: this.#sessions,
      pool: this.#host.pool,
      up: this.#up,
      down: this.#down,
      now: this.#host.now,
      random: this.#host.random,
      log: this.#host.log,
      onBadChunk: (session, chunk) =>
        this.#host.strike(session.peerId, `chunk ${chunk} of ${this.key} is wrong`),
      onStoreError: (error) => this.#restAfter(error),
    })
    if (this.#transfer.policy.dealing) {
      // HELLO alone says that a node deals: those that were greeted before are greeted again.
      this.#closeAll('Restarted', 'this node deals from now on')
      return
    }
    for (const session of this.#sessions.values()) {
      session.link.send({ type: 'have', ranges: [] })
      if (session.hasManifest) {
        this.#transfer.join(session)
      }
    }
  }

  #held(chunks: readonly number[]): void {
    this.#beginTransfer()
    this.#transfer?.feed({ type: 'stored', chunks })
    this.#options.onProgress?.()
    this.#noteComplete()
  }

  #noteComplete(): void {
    if (this.#options.artifact.complete && !this.#completed) {
      this.#completed = true
      this.#options.onComplete?.()
    }
  }

  #restAfter(error: Error): void {
    this.#host.log.warn({ swarm: this.key, err: error }, 'A chunk could not be stored; trying again soon')
    this.#options.onStoreError?.(error)
    if (!this.#suspended && !this.#stopped) {
      this.suspend()
      this.#rest = setTimeout(() => this.resume(), storeRestMs)
      this.#rest.unref()
    }
  }

  #closeAll(reason: string, message: string): void {
    for (const link of this.#greeting.values()) {
      void link.close(reason, message)
    }
    for (const session of [...this.#sessions.values()]) {
      void session.link.close(reason, message)
    }
  }

  #noteRefusal(peerId: string, error: Error): void {
    const reason = error instanceof RefusedError ? error.reason : error.name
    this.#lastRefusal = `${peerId}: ${reason}: ${error.message}`
    this.#host.log.debug({ swarm: this.key, peer: peerId, reason, err: error }, 'Not talking to a peer')
  }
}

type TransferMessage = Exclude<Message, { type: 'close' | 'wantManifest' | 'manifest' | 'hello' | 'have' }>

function checkCid({ artifact }: JoinOptions, cid: string | undefined): void {
  const held = artifact.manifest?.cid
  if (cid !== undefined && cid !== '' && held !== undefined && held !== cid) {
    throw new ManifestMismatchError(`${artifact.key} on disk is ${held}, not ${cid}`)
  }
}
