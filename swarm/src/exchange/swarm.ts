// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Membership } from '../membership/index.ts'
import { Accusations } from './accusations.ts'
import { type Candidate, Connector } from './connector.ts'
import { Course } from './course.ts'
import type { Hello } from './errors.ts'
import type { Collecting } from './leaf-signer.ts'
import type { Link } from './link.ts'
import { type Message, ProtocolViolationError, type Range } from './messages.ts'
import { PeerSet } from './peer-set.ts'
import { type Places, placeOf, placesIn } from './places.ts'
import { RateMeter } from './rate-meter.ts'
import type { Session, SessionOwner } from './session.ts'
import { Standstill } from './standstill.ts'
import { absentIn, checkCid, peersOf, statisticsOf } from './swarm-view.ts'
import { takeMessage } from './take-message.ts'
import type { Transfer } from './transfer.ts'
import type { JoinOptions, SwarmHost, SwarmPeerView, SwarmStatistics } from './types.ts'

/** One artifact that this node wants or has, and the peers it exchanges its chunks with. */
export class Swarm implements SessionOwner {
  readonly swarmId: Uint8Array
  readonly key: string
  readonly #host: SwarmHost
  readonly #options: JoinOptions
  readonly #peers: PeerSet
  readonly #connector: Connector
  readonly #course: Course
  readonly #accusations: Accusations
  readonly #up: RateMeter
  readonly #down: RateMeter
  readonly #standstill = new Standstill((stands) => this.#standOrGo(stands))
  readonly #stopListening: readonly (() => void)[]
  #places: Places = placesIn([], '')
  #stopped = false
  #completed = false

  /** @throws ManifestMismatchError when what is on disk is another artifact */
  constructor(host: SwarmHost, options: JoinOptions) {
    const { artifact, expectedCid } = options
    checkCid(artifact, expectedCid)
    this.#host = host
    this.#options = options
    this.swarmId = artifact.swarmId
    this.key = artifact.key
    this.#up = new RateMeter(host.now())
    this.#down = new RateMeter(host.now())
    this.#peers = new PeerSet({
      host,
      swarmId: this.swarmId,
      key: this.key,
      owner: this,
      describe: () => this.#course.describe(),
      isListed: (peerId) => this.#places.peers.size === 0 || this.#places.peers.has(peerId),
      isOpen: () => !(this.#stopped || this.#standstill.stands),
      onJoined: (session, old) => this.#course.joined(session, old),
    })
    this.#connector = new Connector({
      selfId: host.selfId,
      selfRole: options.role,
      maxPeers: host.maxPeers,
      connect: (candidate, signal) => this.#peers.connect(candidate, signal),
      isConnected: (peerId) => this.#peers.has(peerId),
      connected: () => this.#peers.sessions.size,
      isQuarantined: host.isQuarantined,
      isBegun: () => options.artifact.chunks > 0,
      isMade: Boolean(expectedCid),
      now: host.now,
      random: host.random,
    })
    this.#course = this.#createCourse()
    this.#accusations = new Accusations({ artifact, host })
    this.#stopListening = [
      artifact.onHeld((chunks) => this.#course.held(chunks)),
      artifact.onLost((chunks) => this.#lost(chunks)),
    ]
    this.#course.begin()
    this.#connector.start()
    this.#noteComplete()
  }

  get #transfer(): Transfer | undefined {
    return this.#course.transfer
  }

  async prove(): Promise<void> {
    const { artifact } = this.#options
    const grown = artifact.growing?.toManifest()
    if (grown !== undefined) {
      await artifact.setManifest(grown)
      this.#course.adopted()
    }
  }

  refute(): Promise<void> {
    return this.#course.growth.refute()
  }

  state(outline: { size: number; chunkSize: number }, leaf: number, digest: Uint8Array): Promise<void> {
    return this.#course.statements.state(outline, leaf, digest)
  }

  collect(collecting: Collecting): void {
    this.#course.growth.collection.set(collecting)
  }

  correct(leaf: number, digest: Uint8Array): void {
    this.#course.growth.collection.correct(leaf, digest)
  }

  said(): ReadonlyMap<string, readonly Range[]> {
    return this.#course.growth.collection.said
  }

  absent(): Range[] {
    const { artifact } = this.#options
    const { self, apart } = this.#places
    const counts = (session: Session): boolean =>
      !apart || self?.answers === true || placeOf(this.#places, session).site === self?.site
    return absentIn({ chunks: artifact.chunks, has: (chunk) => artifact.has(chunk) }, this.#peers, counts)
  }

  /** Names the artifact's root CID once it is known. @throws ManifestMismatchError when what is on disk is another */
  expect(cid: string): void {
    checkCid(this.#options.artifact, cid)
    this.#course.manifest.expect(cid)
  }

  /** The tracker's list: all that it names, in place of the list before. */
  setPeers(peers: readonly Candidate[]): void {
    this.#places = placesIn(peers, this.#host.selfId)
    this.#transfer?.feed(this.#places)
    this.#connector.setListed(peers)
  }

  found(peer: Candidate): void {
    this.#connector.found(peer)
  }

  suspend(): void {
    this.#standstill.suspend(true)
  }

  resume(): void {
    this.#standstill.suspend(false)
  }

  stop(): void {
    this.#stopped = true
    for (const stopListening of this.#stopListening) stopListening()
    this.#connector.stop()
    this.#course.stop()
    this.#peers.closeAll('Left', 'this node has left the swarm')
    this.#transfer?.stop()
  }

  /** A peer has said HELLO to this swarm. */
  answer(link: Link, peerId: string, hello: Hello): void {
    this.#peers.answer(link, peerId, hello)
  }

  drop(peerId: string, reason: string, message: string): void {
    this.#peers.drop(peerId, reason, message)
  }

  statistics(): SwarmStatistics {
    return statisticsOf({
      artifact: this.#options.artifact,
      peers: this.#peers,
      transfer: this.#transfer,
      up: this.#up,
      down: this.#down,
      suspended: this.#standstill.stands,
      now: this.#host.now(),
    })
  }

  /** As they were shown in HELLO. */
  members(): Membership[] {
    return [...this.#peers.sessions.values()].map(({ membership }) => membership)
  }

  peers(): SwarmPeerView[] {
    return peersOf(this.#peers, this.#transfer)
  }

  expectChunk(session: Session, chunk: number): number {
    if (this.#transfer === undefined) {
      throw new ProtocolViolationError('a chunk before the manifest')
    }
    return this.#transfer.expectChunk(session, chunk)
  }

  chunk(session: Session, chunk: number, bytes: Buffer): void {
    this.#transfer?.downloads.received(session, chunk, bytes)
  }

  sent(session: Session, chunk: number, bytes: number): void {
    this.#transfer?.sent(session, chunk, bytes)
  }

  unreadable(session: Session, chunk: number, error: unknown): void {
    this.#transfer?.unreadable(session, chunk, error)
    this.#accusations.doubt(chunk)
  }

  closed(session: Session, error: Error | undefined): void {
    if (this.#peers.sessions.get(session.peerId) !== session) {
      return
    }
    this.#peers.sessions.delete(session.peerId)
    this.#course.gone(session)
    this.#connector.retrySoon(session.peerId)
    this.#host.log.debug({ swarm: this.key, peer: session.peerId, err: error }, 'Peer left')
    if (error instanceof ProtocolViolationError) {
      this.#host.strike(session.peerId, error.message)
    }
  }

  message(session: Session, message: Message): void {
    const { artifact } = this.#options
    takeMessage(
      {
        artifact,
        transfer: this.#transfer,
        manifest: this.#course.manifest,
        growth: this.#course.growth,
        peers: this.#peers,
        accuse: (chunk) => this.#accusations.accuse(chunk),
      },
      session,
      message,
    )
  }

  #createCourse(): Course {
    return new Course({
      host: this.#host,
      options: this.#options,
      peers: this.#peers,
      up: this.#up,
      down: this.#down,
      places: () => this.#places,
      isAtRest: () => this.#standstill.stands,
      onBegun: () => this.#connector.begun(),
      onLost: (chunks) => this.#lost(chunks),
      onProgress: () => {
        this.#options.onProgress?.()
        this.#noteComplete()
      },
      onStoreError: (error) => this.#restAfter(error),
    })
  }

  /** Chunks that the store holds no more are fetched again. */
  #lost(chunks: readonly number[]): void {
    this.#transfer?.feed({ type: 'lost', chunks })
    this.#completed &&= chunks.length === 0
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
    this.#standstill.rest()
  }

  #standOrGo(stands: boolean): void {
    if (this.#stopped) {
      return
    }
    if (stands) {
      this.#connector.stop()
      this.#course.rest()
      this.#peers.closeAll('Suspended', 'transfers stand still')
    } else {
      this.#connector.start()
      this.#course.resume()
    }
  }
}
