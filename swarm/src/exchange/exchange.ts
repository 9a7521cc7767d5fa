// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Stream } from '@libp2p/interface'
import type { Logger } from 'pino'
import { type ExchangeLimits, unlimited } from '../limits/index.ts'
import { swarmKey } from '../manifest/swarm-id.ts'
import { type Membership, MembershipError, type RevokedNodes } from '../membership/index.ts'
import type { Store, StoredArtifact } from '../store/index.ts'
import { BufferPool } from './buffer-pool.ts'
import { Conduct, type ConductCounts } from './conduct.ts'
import type { Candidate } from './connector.ts'
import { type Hello, RefusedError } from './errors.ts'
import { FoundCandidates } from './found-candidates.ts'
import { awaitFirst, readHello, refuse } from './handshake.ts'
import type { JoinedSwarm } from './joined-swarm.ts'
import { Link } from './link.ts'
import { Members } from './members.ts'
import { chunkProtocol, type Message } from './messages.ts'
import { Swarm } from './swarm.ts'
import type { JoinOptions, StreamNode } from './types.ts'

export interface ExchangeInit {
  readonly node: StreamNode
  /** Chunks that one of its artifacts holds are not asked of peers for another. */
  readonly store: Pick<Store, 'list'>
  /** SignedMembership of this node; asked for at every HELLO, since it is renewed. Empty while there is none. */
  readonly membership: () => Uint8Array
  /** Signs with the key of this node's peer ID: a seeder says so what it has read. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
  /** Who signs memberships: one of these. */
  readonly operatorPeerIds: readonly string[]
  readonly profile: string
  /** Peers a swarm. */
  readonly maxPeers?: number
  /** How fast payload goes out to peers and comes in from them, over all swarms; without limits when left out. */
  readonly limits?: ExchangeLimits
  readonly log: Logger
  readonly random?: () => number
}

export interface Exchange {
  start(): Promise<void>
  stop(): Promise<void>
  /** Idempotent: a swarm that was joined already is returned as it is. @throws ManifestMismatchError */
  join(options: JoinOptions): JoinedSwarm
  leave(swarmId: Uint8Array): void
  swarm(swarmId: Uint8Array): JoinedSwarm | undefined
  swarms(): readonly JoinedSwarm[]
  setPeers(swarmId: Uint8Array, peers: readonly Candidate[]): void
  setMaxPeers(maxPeers: number): void
  /** A peer that discovery found: offered HELLO for every swarm of this node. */
  found(peer: Candidate): void
  /** Peers whose memberships the operator has taken back are left and not spoken to again. */
  setRevoked(revoked: RevokedNodes): void
  /** Distinct peers over all swarms. */
  readonly peerCount: number
  /** Strikes and quarantines. */
  readonly conduct: ConductCounts
}

/** Streams of one peer that have not said HELLO yet. */
const mostUngreeted = 64

/** Exchanges chunks with the members of one profile, over `/patchswarm/chunk/1`. */
export function createExchange(init: ExchangeInit): Exchange {
  return new ChunkExchange(init)
}

class ChunkExchange implements Exchange {
  readonly #init: ExchangeInit
  readonly #log: Logger
  readonly #random: () => number
  readonly #limits: ExchangeLimits
  readonly #swarms = new Map<string, Swarm>()
  readonly #pool = new BufferPool()
  readonly #conduct = new Conduct()
  readonly #found = new FoundCandidates()
  readonly #ungreeted = new Map<string, number>()
  readonly #members: Members
  #maxPeers: number

  constructor(init: ExchangeInit) {
    this.#init = init
    this.#log = init.log
    this.#random = init.random ?? Math.random
    this.#limits = init.limits ?? { upload: unlimited, download: unlimited }
    this.#maxPeers = init.maxPeers ?? 32
    this.#members = new Members({
      operatorPeerIds: init.operatorPeerIds,
      profile: init.profile,
      present: () => [...this.#swarms.values()].flatMap((swarm) => swarm.members()),
      onVoid: (peerId, { reason, message }) => this.#dropPeer(peerId, reason, message),
    })
  }

  async start(): Promise<void> {
    await this.#init.node.handle(chunkProtocol, (stream, peerId) => this.#accept(stream, peerId))
  }

  async stop(): Promise<void> {
    await this.#init.node.unhandle(chunkProtocol)
    this.#members.stop()
    for (const swarm of this.#swarms.values()) {
      swarm.stop()
    }
    this.#swarms.clear()
  }

  get peerCount(): number {
    const peers = new Set<string>()
    for (const swarm of this.#swarms.values()) {
      for (const { peerId } of swarm.peers()) {
        peers.add(peerId)
      }
    }
    return peers.size
  }

  get conduct(): ConductCounts {
    return this.#conduct.counts(performance.now())
  }

  join(options: JoinOptions): JoinedSwarm {
    const known = this.#swarms.get(options.artifact.key)
    if (known !== undefined) {
      if (options.expectedCid) {
        known.expect(options.expectedCid)
      }
      return known
    }
    const swarm = new Swarm(
      {
        selfId: this.#init.node.peerId,
        node: this.#init.node,
        log: this.#log,
        pool: this.#pool,
        stored: () => this.#init.store.list(),
        now: () => performance.now(),
        random: this.#random,
        membership: this.#init.membership,
        maxPeers: () => this.#maxPeers,
        sign: this.#init.sign,
        verifyMember: (membership) => this.#members.verify(membership),
        limits: this.#limits,
        checkHello: (hello, peerId) => this.#checkHello(hello, peerId),
        strike: (peerId, why) => this.#strike(peerId, why),
        isQuarantined: (peerId) => this.#isQuarantined(peerId),
        doubt: (artifact) => this.#doubt(artifact),
      },
      options,
    )
    this.#swarms.set(swarm.key, swarm)
    for (const peer of this.#found.list()) {
      swarm.found(peer)
    }
    return swarm
  }

  leave(swarmId: Uint8Array): void {
    const key = swarmKey(swarmId)
    this.#swarms.get(key)?.stop()
    this.#swarms.delete(key)
  }

  swarm(swarmId: Uint8Array): JoinedSwarm | undefined {
    return this.#swarms.get(swarmKey(swarmId))
  }

  swarms(): readonly JoinedSwarm[] {
    return [...this.#swarms.values()]
  }

  setPeers(swarmId: Uint8Array, peers: readonly Candidate[]): void {
    this.swarm(swarmId)?.setPeers(peers)
  }

  setMaxPeers(maxPeers: number): void {
    this.#maxPeers = maxPeers
  }

  found(peer: Candidate): void {
    if (peer.peerId === this.#init.node.peerId) {
      return
    }
    this.#found.add(peer)
    for (const swarm of this.#swarms.values()) {
      swarm.found(peer)
    }
  }

  setRevoked(revoked: RevokedNodes): void {
    this.#members.setRevoked(revoked)
  }

  #accept(stream: Stream, peerId: string): void {
    const waiting = this.#ungreeted.get(peerId) ?? 0
    if (waiting >= mostUngreeted) {
      stream.abort(new RefusedError('TooManyPeers', `${waiting} streams without HELLO`, false))
      return
    }
    this.#ungreeted.set(peerId, waiting + 1)
    const greeted = once(() => this.#forgetUngreeted(peerId))
    const onFirst = (message: Message) => {
      greeted()
      try {
        const hello = readHello(message)
        this.#swarmOf(hello, peerId).answer(link, peerId, hello)
      } catch (error) {
        void refuse(link, error).then((refusal) => this.#logRefusal(peerId, refusal))
      }
    }
    const link: Link = new Link(stream, (own) => awaitFirst(own, onFirst, greeted), this.#limits.upload)
  }

  #forgetUngreeted(peerId: string): void {
    const left = (this.#ungreeted.get(peerId) ?? 1) - 1
    if (left === 0) {
      this.#ungreeted.delete(peerId)
    } else {
      this.#ungreeted.set(peerId, left)
    }
  }

  /** A stranger is told nothing about which swarms there are: membership first. @throws RefusedError */
  #swarmOf(hello: Hello, peerId: string): Swarm {
    this.#checkHello(hello, peerId)
    const swarm = this.#swarms.get(swarmKey(hello.swarmId))
    if (swarm === undefined) {
      throw new RefusedError('UnknownSwarm', 'this node is not in that swarm', false)
    }
    return swarm
  }

  /** @throws RefusedError */
  #checkHello(hello: Hello, peerId: string): Membership {
    if (this.#isQuarantined(peerId)) {
      throw new RefusedError('Quarantined', 'this peer has sent wrong chunks', false)
    }
    try {
      return this.#members.admit(hello.membership, peerId)
    } catch (cause) {
      if (cause instanceof MembershipError) {
        throw new RefusedError(cause.reason, cause.message, false, { cause })
      }
      throw cause
    }
  }

  #isQuarantined(peerId: string): boolean {
    return this.#conduct.isQuarantined(peerId, performance.now())
  }

  #strike(peerId: string, why: string): void {
    const { strikes, quarantined } = this.#conduct.strike(peerId, performance.now())
    this.#log.warn({ peer: peerId, strikes, why }, 'A peer did what no honest peer does')
    if (quarantined) {
      this.#dropPeer(peerId, 'Quarantined', why)
    }
  }

  /** Before a peer is sent the same wrong bytes, and counts them against this node. */
  async #doubt(artifact: StoredArtifact): Promise<void> {
    try {
      await artifact.rehash()
    } catch (error) {
      this.#log.warn({ artifact: artifact.key, err: error }, 'Could not hash an artifact again')
    }
  }

  #dropPeer(peerId: string, reason: string, message: string): void {
    for (const swarm of this.#swarms.values()) {
      swarm.drop(peerId, reason, message)
    }
    this.#init.node.disconnect(peerId).catch((error: unknown) => {
      this.#log.debug({ peer: peerId, err: error }, 'Could not close a connection')
    })
  }

  #logRefusal(peerId: string, refusal: RefusedError): void {
    this.#log.debug({ peer: peerId, reason: refusal.reason, err: refusal }, 'Not talking to a peer')
  }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (!done) {
      done = true
      run()
    }
  }
}
