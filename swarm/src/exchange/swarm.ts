// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ManifestParts } from '../manifest/index.ts'
import { type Candidate, Connector } from './connector.ts'
import type { Hello } from './errors.ts'
import { isWrong } from './is-wrong.ts'
import type { Collecting } from './leaf-signer.ts'
import { LeafStatements } from './leaf-statements.ts'
import type { Link } from './link.ts'
import { LocalChunks } from './local-chunks.ts'
import { LocalCopy } from './local-copy.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { ManifestGrowth } from './manifest-growth.ts'
import { type Message, ProtocolViolationError, type Range } from './messages.ts'
import { PeerSet } from './peer-set.ts'
import { type Places, placesIn } from './places.ts'
import { RateMeter } from './rate-meter.ts'
import type { Session, SessionOwner } from './session.ts'
import { absentIn, checkCid, peersOf, statisticsOf } from './swarm-view.ts'
import { takeMessage } from './take-message.ts'
import { Transfer } from './transfer.ts'
import type { JoinOptions, SwarmHost, SwarmPeerView, SwarmStatistics } from './types.ts'

/** As many strikes as keep a peer out. */
const liarStrikes = 2
/** After a chunk could not be stored, nothing is asked for so long. */
const storeRestMs = 5000

/** One artifact that this node wants or has, and the peers it exchanges its chunks with. */
export class Swarm implements SessionOwner {
  readonly swarmId: Uint8Array
  readonly key: string
  readonly #host: SwarmHost
  readonly #options: JoinOptions
  readonly #peers: PeerSet
  readonly #connector: Connector
  readonly #manifest: ManifestFetch
  readonly #growth: ManifestGrowth
  readonly #statements: LeafStatements
  readonly #up: RateMeter
  readonly #down: RateMeter
  readonly #stopListening: () => void
  #transfer: Transfer | undefined
  #localCopy: LocalCopy | undefined
  #places: Places = placesIn([], '')
  /** The transfer is of a manifest that is not known for good yet. */
  #growing = false
  #suspended = false
  #stopped = false
  #completed = false
  #looking = false
  #rest: NodeJS.Timeout | undefined

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
      describe: () => this.#describe(),
      isListed: (peerId) => this.#places.peers.size === 0 || this.#places.peers.has(peerId),
      isOpen: () => !(this.#stopped || this.#suspended),
      onJoined: (session, old) => this.#joined(session, old),
    })
    this.#connector = new Connector({
      selfId: host.selfId,
      selfRole: options.role,
      maxPeers: host.maxPeers,
      connect: (candidate, signal) => this.#peers.connect(candidate, signal),
      isConnected: (peerId) => this.#peers.has(peerId),
      connected: () => this.#peers.sessions.size,
      isBegun: () => options.artifact.chunks > 0,
      now: host.now,
      random: host.random,
    })
    this.#manifest = new ManifestFetch(
      {
        artifact,
        sessions: this.#peers.sessions,
        random: host.random,
        onBadManifest: (session, error) => host.strike(session.peerId, error.message),
        onManifest: () => this.#adopted(),
        onStoreError: (error) => this.#restAfter(error),
      },
      expectedCid,
    )
    this.#growth = this.#createGrowth()
    this.#statements = new LeafStatements({
      sessions: this.#peers.sessions,
      isKnown: (leaf) => artifact.manifest !== undefined || artifact.growing?.isKnown(leaf) === true,
    })
    this.#stopListening = artifact.onHeld((chunks) => this.#held(chunks))
    this.#beginTransfer()
    this.#connector.start()
    this.#noteComplete()
  }

  async prove(): Promise<void> {
    const { artifact } = this.#options
    const grown = artifact.growing?.toManifest()
    if (grown !== undefined) {
      await artifact.setManifest(grown)
      this.#adopted()
    }
  }

  refute(): Promise<void> {
    return this.#growth.refute()
  }

  state(outline: { size: number; chunkSize: number }, leaf: number, digest: Uint8Array): Promise<void> {
    return this.#statements.state(outline, leaf, digest)
  }

  collect(collecting: Collecting): void {
    this.#growth.collect(collecting)
  }

  absent(): Range[] {
    const { artifact } = this.#options
    return absentIn({ chunks: artifact.chunks, has: (chunk) => artifact.has(chunk) }, this.#peers)
  }

  /** Names the artifact's root CID once it is known. @throws ManifestMismatchError when what is on disk is another */
  expect(cid: string): void {
    checkCid(this.#options.artifact, cid)
    this.#manifest.expect(cid)
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

  /** Chunks that a re-hash dropped are fetched again. */
  lost(chunks: readonly number[]): void {
    this.#transfer?.feed({ type: 'lost', chunks })
    this.#completed &&= chunks.length === 0
  }

  suspend(): void {
    if (!this.#suspended) {
      this.#suspended = true
      this.#connector.stop()
      this.#localCopy?.stop()
      this.#peers.closeAll('Suspended', 'transfers stand still')
    }
  }

  resume(): void {
    if (this.#suspended && !this.#stopped) {
      this.#suspended = false
      clearTimeout(this.#rest)
      this.#connector.start()
      this.#localCopy?.start()
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#rest)
    this.#stopListening()
    this.#connector.stop()
    this.#manifest.stop()
    this.#growth.stop()
    this.#statements.stop()
    this.#localCopy?.stop()
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
      suspended: this.#suspended,
      now: this.#host.now(),
    })
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
    this.#transfer?.received(session, chunk, bytes)
  }

  sent(session: Session, chunk: number, bytes: number): void {
    this.#transfer?.sent(session, chunk, bytes)
  }

  unreadable(session: Session, chunk: number, error: unknown): void {
    this.#transfer?.unreadable(session, chunk, error)
  }

  closed(session: Session, error: Error | undefined): void {
    if (this.#peers.sessions.get(session.peerId) !== session) {
      return
    }
    this.#peers.sessions.delete(session.peerId)
    this.#transfer?.leave(session)
    this.#manifest.gone(session)
    this.#growth.gone(session)
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
        manifest: this.#manifest,
        growth: this.#growth,
        peers: this.#peers,
        accuse: (chunk) => void this.#accused(chunk),
      },
      session,
      message,
    )
  }

  /** To look at one chunk costs no more than to send it; only if it is wrong indeed all are hashed. */
  async #accused(chunk: number): Promise<void> {
    const { artifact } = this.#options
    if (this.#looking || !artifact.has(chunk)) {
      return
    }
    this.#looking = true
    try {
      if (await isWrong(artifact, chunk)) {
        this.#host.log.warn({ swarm: this.key, chunk }, 'A peer was right: what is on this disk is wrong')
        // From the store first: what comes anew while all else is hashed would be taken for a chunk that is here already.
        await artifact.drop(chunk)
        this.#transfer?.feed({ type: 'lost', chunks: [chunk] })
        await this.#host.doubt(artifact)
      }
    } finally {
      this.#looking = false
    }
  }

  #describe(): Pick<Hello, 'dealing' | 'hasManifest' | 'growing' | 'chunks' | 'bitmap'> {
    const bitmap = this.#transfer?.shown ?? new Uint8Array()
    return {
      dealing: this.#transfer?.policy.dealing ?? false,
      hasManifest: this.#transfer !== undefined && this.#options.artifact.manifest !== undefined,
      growing: this.#options.artifact.growing !== undefined && this.#transfer !== undefined,
      chunks: bitmap.length === 0 ? 0 : this.#options.artifact.chunks,
      bitmap,
    }
  }

  #joined(session: Session, old: Session | undefined): void {
    if (old !== undefined) {
      this.#transfer?.leave(old)
      this.#manifest.gone(old)
    }
    this.#manifest.next()
    this.#growth.joined(session)
    if (session.hasManifest || session.growing) {
      this.#transfer?.join(session)
    }
  }

  /** As soon as there is a manifest, or one that grows: from disk, from a peer, or because the seeder reads the origin. */
  #beginTransfer(): void {
    const { artifact, role } = this.#options
    const outline = artifact.manifest ?? artifact.growing
    if (this.#transfer !== undefined || outline === undefined || this.#stopped) {
      return
    }
    this.#growing = artifact.manifest === undefined
    const reads = artifact.growing?.ownGeneration !== undefined
    const copy = this.#copyFromHere(outline)
    this.#localCopy = copy
    this.#transfer = new Transfer({
      artifact,
      dealer: role === 'seeder' && (artifact.complete || reads),
      copying: copy.pending,
      places: () => this.#places,
      sessions: this.#peers.sessions,
      pool: this.#host.pool,
      limits: this.#host.limits,
      up: this.#up,
      down: this.#down,
      now: this.#host.now,
      random: this.#host.random,
      log: this.#host.log,
      onBadChunk: (session, chunk) =>
        this.#host.strike(session.peerId, `chunk ${chunk} of ${this.key} is wrong`),
      onStoreError: (error) => this.#restAfter(error),
    })
    if (!this.#suspended) {
      copy.start()
    }
    if (this.#transfer.policy.dealing && !reads) {
      // HELLO alone says that a node deals: those that were greeted before are greeted again.
      this.#peers.closeAll('Restarted', 'this node deals from now on')
      return
    }
    for (const session of this.#peers.sessions.values()) {
      this.#tellManifest(session)
      if (session.hasManifest || session.growing) {
        this.#transfer.join(session)
      }
    }
    this.#connector.begun()
  }

  #tellManifest(session: Session): void {
    if (this.#options.artifact.manifest !== undefined) {
      session.link.send({ type: 'have', ranges: [] })
    } else {
      session.link.send({ type: 'grows', dealing: this.#transfer?.policy.dealing ?? false })
      this.#growth.joined(session)
    }
  }

  /** The manifest is known for good: of one that grew, what is held and under way goes on. */
  #adopted(): void {
    const { artifact } = this.#options
    this.#growing = false
    if (this.#transfer !== undefined && this.#transfer.policy.chunks !== artifact.chunks) {
      this.#endTransfer('the manifest is another one')
    }
    if (this.#transfer === undefined) {
      this.#beginTransfer()
    } else {
      this.#grown([...this.#transfer.policy.unborn])
      this.#transfer.forget()
      for (const session of this.#peers.sessions.values()) {
        this.#tellManifest(session)
      }
    }
    this.#statements.grown()
    this.#options.onProgress?.()
    this.#noteComplete()
  }

  /** Leaves whose digests have become known: copied where this node has them, else fetched. */
  #grown(known: readonly number[]): void {
    const copying = this.#localCopy?.add(known) ?? []
    this.#transfer?.feed({ type: 'born', chunks: known, copying })
    this.#statements.grown()
  }

  #endTransfer(why: string): void {
    this.#localCopy?.stop()
    this.#localCopy = undefined
    this.#transfer?.stop()
    this.#transfer = undefined
    this.#peers.closeAll('Restarted', why)
  }

  #createGrowth(): ManifestGrowth {
    const { selfId, membership, sign, random, now, verifyMember, strike } = this.#host
    return new ManifestGrowth({
      swarmId: this.swarmId,
      artifact: this.#options.artifact,
      sessions: this.#peers.sessions,
      selfId,
      membership,
      sign,
      random,
      now,
      verifyMember,
      onBegun: () => {
        this.#beginTransfer()
        this.#manifest.next()
      },
      onGrown: (known, lost) => {
        this.lost(lost)
        this.#grown(known)
        this.#manifest.next()
      },
      onGivenUp: () => {
        this.#endTransfer('what was known of the file is given up')
        this.#options.onProgress?.()
      },
      onLiar: (signer, error) => {
        for (let strikes = 0; strikes < liarStrikes; strikes++) {
          strike(signer, error.message)
        }
      },
      onStoreError: (error) => this.#restAfter(error),
    })
  }

  /** Chunks that this node has in other artifacts: copied while the rest is fetched. */
  #copyFromHere(manifest: ManifestParts): LocalCopy {
    const { artifact } = this.#options
    const { pool, log, stored, doubt } = this.#host
    return new LocalCopy({
      artifact,
      local: new LocalChunks(artifact, manifest, stored),
      pool,
      log,
      onMissing: (chunk) => this.#transfer?.feed({ type: 'refused', chunk }),
      onDoubt: (doubtful) => void doubt(doubtful),
      onStoreError: (error) => this.#restAfter(error),
    })
  }

  #held(chunks: readonly number[]): void {
    const { artifact } = this.#options
    this.#beginTransfer()
    if (artifact.growing?.ownGeneration !== undefined) {
      this.#growth.read(chunks, () => this.#stored(chunks))
      return
    }
    if (this.#growing && artifact.manifest !== undefined) {
      this.#growth.flush()
      this.#adopted()
    }
    this.#stored(chunks)
  }

  #stored(chunks: readonly number[]): void {
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
}
