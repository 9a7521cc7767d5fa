// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isDeepStrictEqual } from 'node:util'
import type { Exchange, SwarmStatistics } from '@patchswarm/swarm/exchange'
import type { SourceHealth } from '@patchswarm/swarm/origin'
import { NoSpaceError, type Store, type StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact, Peer } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import { keyOf } from '../artifact-key.ts'
import { ArtifactTenant } from '../cache/artifact-tenant.ts'
import type { Failure } from '../failure.ts'
import type { OriginParts } from '../origin/origin-parts.ts'
import { forgetOrigin, type OriginReaders, sourcesTried, stopReading } from '../origin/origin-readers.ts'
import { salvage } from '../origin/salvage.ts'
import { type FoundSignature, SignatureFetch } from '../origin/signature-fetch.ts'
import { type ArtifactState, artifactState, type IngestFailure, type Situation } from './artifact-state.ts'
import { Collection } from './collection.ts'
import { FirstUse } from './first-use.ts'
import { Holding } from './holding.ts'
import { Participation, reads } from './participation.ts'
import { RateMeter } from './rate-meter.ts'
import { readByWords } from './read-by.ts'

/** What is reported of an artifact. */
export interface ArtifactView extends ArtifactState {
  size: number
  bytesHeld: number
  /** Bytes a second that came in. */
  rate: number
  peers: number
}

export interface ArtifactParts extends OriginReaders {
  role: 'agent' | 'seeder'
  store: Store
  exchange: Exchange
  /** Only a seeder reads signatures. */
  signatures?: Pick<OriginParts, 'access' | 'log'>
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
  readonly #meter = new RateMeter()
  #wish: Artifact
  readonly #swarm: Participation
  readonly #holding: Holding
  #failure: Failure | undefined
  /** Why the origin was not read to its end, and how far it was read then. */
  #ingestFailure: IngestFailure | undefined
  /** Chunks cannot be stored at the moment. */
  #trouble: (Failure & { since: number }) | undefined
  readonly tenant: ArtifactTenant
  readonly #signature: SignatureFetch | undefined
  #complete = false
  /** A seeder's, where agents read. */
  #collection: Collection | undefined
  /** Gets from peers what another seeder has read, before it reads itself. */
  #salvaging = false
  #turn: Promise<void> = Promise.resolve()
  #stopped = false
  readonly #firstUse = new FirstUse()

  constructor(parts: ArtifactParts, wish: Artifact) {
    this.#parts = parts
    this.#wish = wish
    this.#log = parts.log.child({ artifact: wish.name })
    this.#signature = parts.signatures && new SignatureFetch(parts.signatures)
    this.#swarm = new Participation(parts.exchange, parts.role, {
      onProgress: () => this.#progressed(),
      onComplete: () => this.#changed(),
      onStoreError: (error) => this.#resting(error),
    })
    const { store, ingestion } = parts
    this.#holding = new Holding({
      store,
      ingestion,
      swarm: this.#swarm,
      swarmId: wish.swarmId,
      log: this.#log,
    })
    this.tenant = new ArtifactTenant({
      role: parts.role,
      wish: () => this.#wish,
      opened: () => this.opened,
      stuck: () => this.#trouble?.reason === 'InsufficientDisk',
      onRoom: (changed) => (changed ? void this.#inTurn(() => this.#carryOut()) : this.#changed()),
      drop: () => this.#drop(),
      reopen: () => this.#inTurn(() => this.#reopen()),
    })
  }

  get wish(): Artifact {
    return this.#wish
  }

  /** Undefined before the first wish was carried out. */
  get opened(): StoredArtifact | undefined {
    return this.#holding.opened
  }

  stored(): Promise<StoredArtifact> {
    return this.#holding.open()
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
      if (!sameOrigin(wish, before)) await this.#forgetOrigin(before)
      await this.#carryOut()
    })
  }

  setPeers(peers: readonly Peer[]): void {
    this.#swarm.setPeers(peers)
  }

  /** Every chunk is here that its manifest names, known for good or not. */
  get whole(): boolean {
    return this.#holding.whole
  }

  /** The whole has the digest: a manifest that grew is the right one. */
  async prove(): Promise<void> {
    if (await this.#holding.prove()) this.#changed()
  }

  /**
   * The whole has not the digest. What grew is given up, and nothing of it is taken again.
   * @returns false when the manifest is known for good
   */
  async refute(): Promise<boolean> {
    const refuted = await this.#holding.refute()
    if (refuted) this.#changed()
    return refuted
  }

  /** The bytes on disk turned out wrong: hashes them again. @returns whether something is to be fetched anew */
  async distrust(): Promise<boolean> {
    await this.#inTurn(async () => {
      if (await this.#holding.isLost()) return this.#reopen()
      await this.#holding.rehash()
      this.#changed()
    })
    return !this.opened?.complete
  }

  /** Stops; what is held stays on disk. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#signature?.stop()
    this.#firstUse.stop()
    return this.#inTurn(async () => {
      await stopReading(this.#parts, this.#wish)
      await this.#collection?.stop()
      this.#collection = undefined
      this.#swarm.leave()
    })
  }

  /** Stops and deletes what is held. */
  async remove(): Promise<void> {
    await this.stop()
    await forgetOrigin(this.#parts, this.#wish)
    await this.#holding.remove()
    this.#log.info('removed from the cache')
  }

  view(): ArtifactView {
    const stored = this.opened
    const ingest = this.#parts.ingestion?.progress(this.#wish)
    const bytesHeld = ingest?.bytesHeld ?? stored?.bytesHeld ?? 0
    const size = stored?.manifest?.size ?? stored?.growing?.size ?? ingest?.size ?? this.#wish.size
    const common = {
      size,
      bytesHeld,
      rate: this.#rate(bytesHeld),
      peers: this.#swarm.statistics?.peers ?? 0,
    }
    return { ...common, ...artifactState(this.#situation(common.peers, ingest?.bytesHeld)) }
  }

  /** Of a whole file that the origin gave and that is another one, or that nobody knew before; else empty. */
  get foundSha256(): string {
    return this.#ingestFailure?.sha256 ?? this.#firstUse.sha256
  }

  /** Which nodes have read what of a file that turned out to be another one. */
  get readBy(): string {
    return this.#ingestFailure?.readBy ?? ''
  }

  /** What its swarm is doing, counted since it was joined; undefined while this node is not in it. */
  get swarm(): SwarmStatistics | undefined {
    return this.#swarm.statistics
  }

  /** What is known of each source that was tried. */
  sources(): SourceHealth[] {
    return sourcesTried(this.#parts, this.#wish)
  }

  /** What the tracker must know where agents read the origin. */
  reading(): {
    collects: boolean
    absent: number[]
    reading: number[]
    originReason: string
    originMessage: string
  } {
    const key = keyOf(this.#wish)
    const absent = this.#collection?.absent() ?? this.#parts.reader?.absent(key)
    const failure = this.#parts.reader?.failure(key)
    return {
      collects: absent !== undefined,
      absent: absent ?? [],
      reading: this.#parts.reader?.ranges(key) ?? [],
      originReason: failure?.reason ?? '',
      originMessage: failure?.message ?? '',
    }
  }

  /** That the tracker wants to judge; undefined where none is read. */
  get signature(): FoundSignature | undefined {
    return this.#signature?.found
  }

  #situation(peers: number, ingested: number | undefined): Situation {
    const { wanted, suspended, cid, collects } = this.#wish
    const { shortage } = this.tenant
    return {
      role: this.#parts.role,
      collects,
      wanted,
      suspended,
      cid,
      complete: this.opened?.complete ?? false,
      growing: this.opened?.growing !== undefined,
      refuted: this.#holding.refuted,
      ingested,
      peers,
      failure: this.#failure ?? this.#refusal() ?? (shortage?.final ? shortage : undefined),
      shortage,
      ingestFailure: this.#ingestFailure,
      trouble: this.#trouble,
    }
  }

  /** What the tracker has against it, unless the whole is here and proven. */
  #refusal(): Failure | undefined {
    const { failure: reason, failureMessage: message } = this.#wish
    return reason === '' || this.opened?.complete ? undefined : { reason, message }
  }

  #rate(bytesHeld: number): number {
    return this.#meter.sample(bytesHeld, performance.now())
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step).catch((error) => this.#fail(error))
    return this.#turn
  }

  /** Other addresses: what failed with the old ones says nothing any more. */
  async #forgetOrigin(before: Artifact): Promise<void> {
    await stopReading(this.#parts, before)
    this.#ingestFailure = undefined
  }

  async #carryOut(): Promise<void> {
    if (this.#stopped) return
    await this.stored()
    await this.#dropIfOther()
    const stored = await this.stored()
    await this.#discardRefused(stored)
    this.#signature?.want(this.#wish, () => this.#parts.onEnd())
    await this.#ingest(stored)
    this.#findDigest(stored)
    await this.#endReading(stored)
    const fetches = this.#fetches(stored) && !stored.complete
    if (!fetches) this.tenant.forgetRoom()
    else if (!this.tenant.mayFetch) this.#parts.askRoom()
    const takesPart = reads(stored) || this.#salvaging || (fetches && this.tenant.mayFetch)
    if (stored.complete || takesPart) this.#swarm.join(stored, this.#wish)
    else this.#swarm.leave()
    this.#swarm.rest(this.#wish.suspended)
    await this.#collect(stored)
    await this.#fallBack(stored)
    this.#changed()
  }

  /** Not in turn: it reads the whole. */
  #findDigest(stored: StoredArtifact): void {
    if (this.#wish.digest !== '' || !stored.complete) return
    void this.#firstUse
      .find(stored)
      .then((isNew) => isNew && this.#parts.onEnd())
      .catch((error) => this.#fail(error))
  }

  /** Agents read it from now on, and this seeder signs what they have read: what it read itself it has not signed so. */
  async #endReading(stored: StoredArtifact): Promise<void> {
    if (!this.#wish.collects || !reads(stored)) return
    this.#swarm.leave()
    await stored.discardGrowth()
  }

  async #collect(stored: StoredArtifact): Promise<void> {
    if (!this.#wish.collects || stored.complete) {
      await this.#collection?.stop()
      this.#collection = undefined
      return
    }
    this.#collection ??= new Collection({
      stored,
      wish: () => this.#wish,
      joined: () => this.#swarm.joined,
      log: this.#log,
      onWhole: (sha256) => this.#wholeIs(sha256),
      onReady: () => this.#parts.onEnd(),
    })
    this.#collection.update()
  }

  async #wholeIs(sha256: string): Promise<void> {
    const { digest } = this.#wish
    // Where nobody has said the digest, what is read first is it.
    if (digest === '' || digest === `sha256:${sha256}`) return this.prove()
    const message = `the agents have read sha256:${sha256}, spec.digest is ${digest}: correct it or the sources`
    const readBy = readByWords(this.#swarm.joined?.said() ?? new Map())
    this.#ingestFailure = { reason: 'DigestMismatch', message, sha256, readBy, final: true, bytesHeld: 0 }
    this.#log.warn({ sha256, readBy }, 'what agents have read is another file')
    await this.refute()
    this.#parts.onEnd()
  }

  /** A seeder that lost chunks of what it had read fetches them from peers: the origin is read once. */
  #fetches(stored: StoredArtifact): boolean {
    const { wanted, cid } = this.#wish
    if (this.#refusal() !== undefined) return false
    const { role } = this.#parts
    return (
      wanted && (role === 'agent' || this.#wish.collects || (stored.manifest !== undefined && cid !== ''))
    )
  }

  async #discardRefused(stored: StoredArtifact): Promise<void> {
    if (this.#refusal() === undefined || stored.growing === undefined || reads(stored)) return
    this.#log.warn({ reason: this.#wish.failure }, 'what is here of it is discarded')
    this.#swarm.leave()
    await stored.discardGrowth()
  }

  /** Not in turn: stopping waits for it. */
  async #salvage(stored: StoredArtifact, signal: AbortSignal): Promise<void> {
    this.#salvaging = true
    this.#swarm.join(stored, this.#wish)
    await salvage(() => {
      return { bytesHeld: stored.bytesHeld, usefulPeers: this.#swarm.usefulPeers }
    }, signal)
    this.#salvaging = false
    this.#swarm.leave()
  }

  /** What is read now can be served: greets everybody as the one that deals it. */
  #serveWhatIsRead(stored: StoredArtifact): void {
    this.#swarm.leave()
    if (!this.#stopped && reads(stored)) this.#swarm.join(stored, this.#wish)
    this.#parts.onEnd()
  }

  async #fallBack(stored: StoredArtifact): Promise<void> {
    const { wanted, suspended } = this.#wish
    const fetches = wanted && !suspended && this.#swarm.joined !== undefined && !stored.complete
    if (!fetches || !this.#wish.origin?.reads) await this.#parts.reader?.stop(stored.key)
    else this.#startReading(stored)
    if (!fetches) return this.#parts.fallback?.stop(stored.key)
    this.#parts.fallback?.watch({ wish: this.#wish, stored, usefulPeers: () => this.#swarm.usefulPeers })
  }

  #startReading(stored: StoredArtifact): void {
    const { reader, onEnd } = this.#parts
    reader?.start({ wish: this.#wish, stored, joined: () => this.#swarm.joined, onLooked: () => onEnd() })
  }

  /** Gives up what is here; other artifacts need the room. */
  async #drop(): Promise<boolean> {
    let gone = false
    await this.#inTurn(async () => {
      if (this.#wish.wanted || this.#stopped) return
      await this.#holding.remove()
      this.#trouble = undefined
      gone = true
      await this.#carryOut()
    })
    return gone
  }

  async #reopen(): Promise<void> {
    await stopReading(this.#parts, this.#wish)
    await this.#holding.reopen()
    await this.#carryOut()
  }

  /** The tracker names another root than what is here says: not the artifact that is wanted. */
  async #dropIfOther(): Promise<void> {
    const { cid } = this.#wish
    const here = this.opened?.manifest?.cid
    if (cid === '' || here === undefined || here === cid) return
    this.#log.warn({ here, cid }, 'another manifest is here; it is dropped')
    await stopReading(this.#parts, this.#wish)
    await this.#holding.remove()
  }

  #progressed(): void {
    this.#trouble = undefined
    this.#changed()
  }

  /** The store refuses chunks; the swarm rests and tries again, and what is held stays held. */
  #resting(error: Error): void {
    this.#trouble = {
      reason: storeReason(error),
      message: error.message,
      since: this.#trouble?.since ?? Date.now(),
    }
    this.#log.warn({ err: error }, 'chunks cannot be stored')
    this.#changed()
  }

  async #ingest(stored: StoredArtifact): Promise<void> {
    const { ingestion } = this.#parts
    if (!ingestion || stored.manifest) return
    const { suspended, wanted, collects } = this.#wish
    if (suspended || !wanted || collects) return ingestion.stop(this.#wish)
    if (this.#ingestFailure?.final) return
    ingestion.start(this.#wish, stored, {
      salvage: (signal) => this.#salvage(stored, signal),
      onBegin: () => this.#serveWhatIsRead(stored),
      onDone: () => {
        this.#ingestFailure = undefined
        void this.#inTurn(() => this.#carryOut())
      },
      onFailure: (failure, final) => {
        const { bytesHeld } = this.view()
        this.#ingestFailure = { ...failure, final, bytesHeld }
        // Of a file that turned out wrong nothing is here any more, and nothing is served.
        if (!reads(stored) && !stored.complete) this.#swarm.leave()
        this.#changed()
        this.#parts.onEnd()
      },
    })
  }

  #fail(error: unknown): void {
    if (this.#stopped) return
    this.#failure = {
      reason: storeReason(error),
      message: error instanceof Error ? error.message : String(error),
    }
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

const storeReason = (error: unknown): string =>
  error instanceof NoSpaceError ? 'InsufficientDisk' : 'StoreError'

const sameOrigin = ({ origin: a }: Artifact, { origin: b }: Artifact): boolean =>
  isDeepStrictEqual(a?.sources, b?.sources) &&
  a?.afterStallMs === b?.afterStallMs &&
  a?.forSite === b?.forSite
