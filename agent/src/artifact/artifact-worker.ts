// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Exchange, SwarmStatistics } from '@patchswarm/swarm/exchange'
import type { Store, StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact, Peer } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import { ArtifactTenant } from '../cache/artifact-tenant.ts'
import type { Ingestion } from '../origin/ingestion.ts'
import type { OriginParts } from '../origin/origin-parts.ts'
import { forgetOrigin, type OriginReaders, readMeanwhile, stopReading } from '../origin/origin-readers.ts'
import { SignatureFetch } from '../origin/signature-fetch.ts'
import { ArtifactAccount } from './artifact-account.ts'
import { FirstUse } from './first-use.ts'
import { Holding } from './holding.ts'
import { Participation, reads } from './participation.ts'
import { Seeding } from './seeding.ts'
import { Setbacks } from './setbacks.ts'
import { isFetched, refusalOf, sameOrigin } from './wish.ts'

export interface ArtifactParts extends OriginReaders {
  role: 'agent' | 'seeder'
  store: Store
  exchange: Exchange
  /** Of a seeder, which reads signatures, and once more what agents have read wrong. */
  origins?: OriginParts
  log: Logger
  /** Asks whether there is room for what is to be fetched: the keeper of the cache tells the tenant. */
  askRoom(): void
  /** Something ended: the report should go out at once. */
  onEnd(): void
}

/**
 * Holds one artifact as the tracker wishes it: reads it from the origin (a seeder), fetches it from peers (an agent),
 * serves it (both). Wishes are full state: each is compared with what is, in turn.
 */
export class ArtifactWorker {
  readonly #parts: ArtifactParts
  readonly #log: Logger
  readonly #listeners = new Set<() => void>()
  readonly #swarm: Participation
  readonly #seeding: Seeding | undefined
  readonly #setbacks = new Setbacks(() => void this.#inTurn(() => this.#carryOut()))
  readonly #signature: SignatureFetch | undefined
  readonly #firstUse = new FirstUse()
  #wish: Artifact
  #complete = false
  #turn: Promise<void> = Promise.resolve()
  #stopped = false
  /** What is on disk. */
  readonly holding: Holding
  /** Its place in the cache. */
  readonly tenant: ArtifactTenant
  /** What is told of it. */
  readonly account: ArtifactAccount

  constructor(parts: ArtifactParts, wish: Artifact) {
    this.#parts = parts
    this.#wish = wish
    this.#log = parts.log.child({ artifact: wish.name })
    this.#signature = parts.origins && new SignatureFetch(parts.origins)
    this.#swarm = new Participation(parts.exchange, parts.role, {
      onProgress: () => this.#progressed(),
      onComplete: () => this.#changed(),
      onStoreError: (error) => this.#resting(error),
    })
    this.holding = new Holding({
      store: parts.store,
      ingestion: parts.ingestion,
      swarm: this.#swarm,
      swarmId: wish.swarmId,
      log: this.#log,
      onChange: () => this.#changed(),
    })
    const { ingestion, origins } = parts
    this.#seeding = ingestion && origins && this.#seedingFrom(ingestion, origins)
    this.tenant = new ArtifactTenant({
      role: parts.role,
      wish: () => this.#wish,
      opened: () => this.opened,
      stuck: () => this.#setbacks.trouble?.reason === 'InsufficientDisk',
      onRoom: (changed) => (changed ? void this.#inTurn(() => this.#carryOut()) : this.#changed()),
      drop: () => this.#drop(),
      reopen: () => this.#inTurn(() => this.#reopen()),
    })
    this.account = new ArtifactAccount({
      role: parts.role,
      readers: parts,
      wish: () => this.#wish,
      holding: this.holding,
      tenant: this.tenant,
      swarm: this.#swarm,
      seeding: this.#seeding,
      setbacks: this.#setbacks,
      firstUse: this.#firstUse,
      signature: this.#signature,
    })
  }

  #seedingFrom(ingestion: Ingestion, origins: OriginParts): Seeding {
    return new Seeding({
      ingestion,
      origins,
      swarm: this.#swarm,
      holding: this.holding,
      log: this.#log,
      wish: () => this.#wish,
      isStopped: () => this.#stopped,
      onRead: () => void this.#inTurn(() => this.#carryOut()),
      onChange: () => this.#changed(),
      onNews: () => this.#parts.onEnd(),
    })
  }

  get wish(): Artifact {
    return this.#wish
  }

  /** Undefined before the first wish was carried out. */
  get opened(): StoredArtifact | undefined {
    return this.holding.opened
  }

  stored(): Promise<StoredArtifact> {
    return this.holding.open()
  }

  /** Called when the state may be another one; returns the unsubscribe. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  update(wish: Artifact): Promise<void> {
    const before = this.#wish
    this.#wish = wish
    return this.#inTurn(async () => {
      if (!sameOrigin(wish, before)) await this.#leaveOrigin(before)
      await this.#carryOut()
    })
  }

  setPeers(peers: readonly Peer[]): void {
    this.#swarm.setPeers(peers)
  }

  /** The bytes on disk turned out wrong: hashes them again. @returns whether something is fetched anew, or was meanwhile */
  async distrust(): Promise<boolean> {
    let dropped = false
    await this.#inTurn(async () => {
      if (await this.holding.isLost()) await this.#reopen()
      else dropped = await this.holding.rehash()
    })
    return dropped || !this.opened?.complete
  }

  /** Stops; what is held stays on disk. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#signature?.stop()
    this.#setbacks.stop()
    this.#firstUse.stop()
    return this.#inTurn(async () => {
      await stopReading(this.#parts, this.#wish)
      await this.#seeding?.stop()
      this.#swarm.leave()
    })
  }

  /** Stops and deletes what is held. */
  async remove(): Promise<void> {
    await this.stop()
    await forgetOrigin(this.#parts, this.#wish)
    await this.holding.remove()
    this.#log.info('removed from the cache')
  }

  /** What its swarm is doing, counted since it was joined; undefined while this node is not in it. */
  get swarm(): SwarmStatistics | undefined {
    return this.#swarm.statistics
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step).catch((error) => this.#fail(error))
    return this.#turn
  }

  /** Other addresses: what failed with the old ones says nothing any more. */
  async #leaveOrigin(before: Artifact): Promise<void> {
    await stopReading(this.#parts, before)
    this.#seeding?.forgetFailure()
  }

  async #carryOut(): Promise<void> {
    if (this.#stopped) return
    await this.#dropIfOther(await this.stored())
    const stored = await this.stored()
    await this.#discardRefused(stored)
    this.#signature?.want(this.#wish, () => this.#parts.onEnd())
    await this.#seeding?.read(stored)
    this.#findDigest(stored)
    this.#takePart(stored)
    await this.#seeding?.collect(stored)
    await readMeanwhile(this.#parts, {
      wish: this.#wish,
      stored,
      swarm: this.#swarm,
      onLooked: () => this.#parts.onEnd(),
    })
    this.#setbacks.mend()
    this.#changed()
  }

  #takePart(stored: StoredArtifact): void {
    const fetches = isFetched(this.#parts.role, this.#wish, stored)
    if (!fetches) this.tenant.forgetRoom()
    else if (!this.tenant.mayFetch) this.#parts.askRoom()
    const gives = stored.complete || reads(stored)
    const takes = this.#seeding?.salvaging || (fetches && this.tenant.mayFetch)
    if (gives || takes) this.#swarm.join(stored, this.#wish)
    else this.#swarm.leave()
    this.#swarm.rest(this.#wish.suspended || this.#seeding?.inDoubt === true)
  }

  /** Not in turn: it reads the whole. */
  #findDigest(stored: StoredArtifact): void {
    if (this.#wish.digest !== '' || !stored.complete) return
    void this.#firstUse
      .find(stored)
      .then((isNew) => isNew && this.#parts.onEnd())
      .catch((error) => this.#fail(error))
  }

  async #discardRefused(stored: StoredArtifact): Promise<void> {
    if (refusalOf(this.#wish, stored) === undefined || stored.growing === undefined || reads(stored)) return
    this.#log.warn({ reason: this.#wish.failure }, 'what is here of it is discarded')
    this.#swarm.leave()
    await stored.discardGrowth()
  }

  /** Gives up what is here; other artifacts need the room. */
  async #drop(): Promise<boolean> {
    let gone = false
    await this.#inTurn(async () => {
      if (this.tenant.needed || this.#stopped) return
      await this.holding.remove()
      this.#setbacks.goOn()
      gone = true
      await this.#carryOut()
    })
    return gone
  }

  async #reopen(): Promise<void> {
    await stopReading(this.#parts, this.#wish)
    await this.holding.reopen()
    await this.#carryOut()
  }

  /** The tracker names another root than what is here says: not the artifact that is wanted. */
  async #dropIfOther({ manifest }: StoredArtifact): Promise<void> {
    const { cid } = this.#wish
    const here = manifest?.cid
    if (cid === '' || here === undefined || here === cid) return
    this.#log.warn({ here, cid }, 'another manifest is here; it is dropped')
    await stopReading(this.#parts, this.#wish)
    await this.holding.remove()
  }

  #progressed(): void {
    this.#setbacks.goOn()
    this.#changed()
  }

  /** The store refuses chunks; the swarm rests and tries again, and what is held stays held. */
  #resting(error: Error): void {
    this.#setbacks.rest(error, Date.now())
    this.#log.warn({ err: error }, 'chunks cannot be stored')
    this.#changed()
  }

  #fail(error: unknown): void {
    if (this.#stopped) return
    this.#setbacks.fail(error)
    this.#log.error({ err: error }, 'the artifact cannot be held')
    this.#changed()
    this.#parts.onEnd()
  }

  #changed(): void {
    const complete = this.opened?.complete ?? false
    const ended = complete && !this.#complete
    this.#complete = complete
    for (const listener of this.#listeners) listener()
    if (ended) this.#parts.onEnd()
  }
}
