// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Manifest } from '../manifest/index.ts'
import { type Candidate, Connector } from './connector.ts'
import type { Hello } from './errors.ts'
import type { Link } from './link.ts'
import { LocalChunks } from './local-chunks.ts'
import { LocalCopy } from './local-copy.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { type Message, ProtocolViolationError } from './messages.ts'
import { PeerSet } from './peer-set.ts'
import { RateMeter } from './rate-meter.ts'
import type { Session, SessionOwner } from './session.ts'
import { checkCid, peersOf, statisticsOf } from './swarm-view.ts'
import { takeMessage } from './take-message.ts'
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
  readonly #peers: PeerSet
  readonly #connector: Connector
  readonly #manifest: ManifestFetch
  readonly #up: RateMeter
  readonly #down: RateMeter
  readonly #stopListening: () => void
  #transfer: Transfer | undefined
  #localCopy: LocalCopy | undefined
  #suspended = false
  #stopped = false
  #completed = false
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
      isOpen: () => !(this.#stopped || this.#suspended),
      onJoined: (session, old) => this.#joined(session, old),
    })
    this.#connector = new Connector({
      selfId: host.selfId,
      maxPeers: host.maxPeers,
      connect: (candidate, signal) => this.#peers.connect(candidate, signal),
      isConnected: (peerId) => this.#peers.has(peerId),
      connected: () => this.#peers.sessions.size,
      now: host.now,
      random: host.random,
    })
    this.#manifest = new ManifestFetch(
      {
        artifact,
        sessions: this.#peers.sessions,
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
    checkCid(this.#options.artifact, cid)
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
    this.#connector.retrySoon(session.peerId)
    this.#host.log.debug({ swarm: this.key, peer: session.peerId, err: error }, 'Peer left')
    if (error instanceof ProtocolViolationError) {
      this.#host.strike(session.peerId, error.message)
    }
  }

  message(session: Session, message: Message): void {
    const { artifact } = this.#options
    takeMessage(
      { artifact, transfer: this.#transfer, manifest: this.#manifest, peers: this.#peers },
      session,
      message,
    )
  }

  #describe(): Pick<Hello, 'dealing' | 'hasManifest' | 'growing' | 'chunks' | 'bitmap'> {
    const bitmap = this.#transfer?.shown ?? new Uint8Array()
    return {
      dealing: this.#transfer?.policy.dealing ?? false,
      hasManifest: this.#transfer !== undefined,
      growing: false,
      chunks: bitmap.length === 0 ? 0 : this.#options.artifact.chunks,
      bitmap,
    }
  }

  #joined(session: Session, old: Session | undefined): void {
    if (old !== undefined) {
      this.#transfer?.leave(old)
      this.#manifest.gone(old)
    }
    if (this.#transfer === undefined) {
      this.#manifest.next()
    } else if (session.hasManifest) {
      this.#transfer.join(session)
    }
  }

  /** As soon as the manifest is there: from disk, from a peer, or because the seeder has read the origin. */
  #beginTransfer(): void {
    const { artifact, role } = this.#options
    if (this.#transfer !== undefined || artifact.manifest === undefined || this.#stopped) {
      return
    }
    const copy = this.#copyFromHere(artifact.manifest)
    this.#localCopy = copy
    this.#transfer = new Transfer({
      artifact,
      dealer: role === 'seeder' && artifact.complete,
      copying: copy.pending,
      sessions: this.#peers.sessions,
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
    if (!this.#suspended) {
      copy.start()
    }
    if (this.#transfer.policy.dealing) {
      // HELLO alone says that a node deals: those that were greeted before are greeted again.
      this.#peers.closeAll('Restarted', 'this node deals from now on')
      return
    }
    for (const session of this.#peers.sessions.values()) {
      session.link.send({ type: 'have', ranges: [] })
      if (session.hasManifest) {
        this.#transfer.join(session)
      }
    }
  }

  /** Chunks that this node has in other artifacts: copied while the rest is fetched. */
  #copyFromHere(manifest: Manifest): LocalCopy {
    const { artifact } = this.#options
    const { pool, log, stored, doubt } = this.#host
    return new LocalCopy({
      artifact,
      local: new LocalChunks(artifact, manifest, stored),
      pool,
      log,
      onMissing: (chunk) => this.#transfer?.feed({ type: 'refused', chunk }),
      onDoubt: doubt,
      onStoreError: (error) => this.#restAfter(error),
    })
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
}
