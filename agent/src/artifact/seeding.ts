// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import type { Ingestion } from '../origin/ingestion.ts'
import type { OriginParts } from '../origin/origin-parts.ts'
import { salvage } from '../origin/salvage.ts'
import type { IngestFailure } from './artifact-state.ts'
import { Collection, type Found } from './collection.ts'
import type { Holding } from './holding.ts'
import { type Participation, reads } from './participation.ts'

export interface SeedingParts {
  readonly ingestion: Ingestion
  readonly origins: OriginParts
  readonly swarm: Participation
  readonly holding: Holding
  readonly log: Logger
  readonly wish: () => Artifact
  readonly isStopped: () => boolean
  /** The whole was read and has the digest of the spec. */
  readonly onRead: () => void
  /** The state may be another one. */
  readonly onChange: () => void
  /** The tracker should hear of it at once. */
  readonly onNews: () => void
}

/** How a seeder comes by one artifact: it reads the origin itself, or collects what agents read there. */
export class Seeding {
  readonly #parts: SeedingParts
  #failure: IngestFailure | undefined
  #salvaging = false
  #collection: Collection | undefined
  #liars: readonly string[] = []

  constructor(parts: SeedingParts) {
    this.#parts = parts
  }

  /** Why the origin was not read to its end. */
  get failure(): IngestFailure | undefined {
    return this.#failure
  }

  /** It gets from peers what another seeder has read, before it reads itself. */
  get salvaging(): boolean {
    return this.#salvaging
  }

  /** Chunks that nobody has, where agents read: first, count, first, count …; undefined before that is known. */
  absent(): number[] | undefined {
    return this.#collection?.absent()
  }

  /** What is here is wrong in parts: which, is being found out, and nothing is served. */
  get inDoubt(): boolean {
    return this.#collection?.inDoubt ?? false
  }

  /** Nodes that had stated something else of the file than its sources send. */
  get liars(): readonly string[] {
    return this.#liars
  }

  /** Other addresses: what failed with the old ones says nothing any more. */
  forgetFailure(): void {
    this.#failure = undefined
  }

  /** Begins, ends or goes on reading the origin, as the wish says. */
  async read(stored: StoredArtifact): Promise<void> {
    if (!stored.manifest) await this.#ingest(stored)
    // Agents read it from now on, and this seeder signs what they have read: what it read itself it has not signed so.
    if (!this.#parts.wish().collects || !reads(stored)) return
    this.#parts.swarm.leave()
    await stored.discardGrowth()
  }

  /** Begins, ends or goes on collecting what agents read, as the wish says. */
  async collect(stored: StoredArtifact): Promise<void> {
    const { wish, swarm, origins, log, onNews } = this.#parts
    if (!wish().collects || stored.complete) return this.stop()
    this.#collection ??= new Collection({
      stored,
      wish,
      joined: () => swarm.joined,
      log,
      origins,
      rest: (resting) => swarm.rest(resting || wish().suspended),
      onRight: (liars) => this.#isRight(liars),
      onWrong: (found) => this.#isOther(found),
      onReady: onNews,
    })
    this.#collection.update()
  }

  async stop(): Promise<void> {
    await this.#collection?.stop()
    this.#collection = undefined
  }

  async #ingest(stored: StoredArtifact): Promise<void> {
    const { ingestion, onRead } = this.#parts
    const wish = this.#parts.wish()
    if (wish.suspended || !wish.wanted || wish.collects) return ingestion.stop(wish)
    if (this.#failure?.final) return
    ingestion.start(wish, stored, {
      salvage: (signal) => this.#salvage(stored, signal),
      onBegin: () => this.#serveWhatIsRead(stored),
      onDone: () => {
        this.#failure = undefined
        onRead()
      },
      onFailure: (failure, final) =>
        this.#failed(stored, { ...failure, spec: wish.origin?.spec ?? '', final }),
    })
  }

  /** Not in turn: stopping waits for it. */
  async #salvage(stored: StoredArtifact, signal: AbortSignal): Promise<void> {
    const { swarm, wish } = this.#parts
    this.#salvaging = true
    swarm.join(stored, wish())
    await salvage(() => ({ bytesHeld: stored.bytesHeld, usefulPeers: swarm.usefulPeers }), signal)
    this.#salvaging = false
    swarm.leave()
  }

  /** What is read now can be served: greets everybody as the one that deals it. */
  #serveWhatIsRead(stored: StoredArtifact): void {
    const { swarm, wish, isStopped, onNews } = this.#parts
    swarm.leave()
    if (!isStopped() && reads(stored)) swarm.join(stored, wish())
    onNews()
  }

  #failed(stored: StoredArtifact, failure: Omit<IngestFailure, 'bytesHeld'>): void {
    const { ingestion, swarm, wish, onChange, onNews } = this.#parts
    const { bytesHeld } = ingestion.progress(wish()) ?? stored
    this.#failure = { ...failure, bytesHeld }
    // Of a file that turned out wrong nothing is here any more, and nothing is served.
    if (!reads(stored) && !stored.complete) swarm.leave()
    onChange()
    onNews()
  }

  async #isRight(liars: readonly string[]): Promise<void> {
    this.#liars = liars
    await this.#parts.holding.prove()
  }

  async #isOther(found: Found): Promise<void> {
    const { holding, log, onNews } = this.#parts
    log.warn(found, 'what agents have read is another file')
    // The seeder that has signed it says so for all.
    if (found.readBy !== '') {
      this.#failure = { reason: 'DigestMismatch', ...found, final: true, bytesHeld: 0 }
    }
    await holding.refute()
    onNews()
  }
}
