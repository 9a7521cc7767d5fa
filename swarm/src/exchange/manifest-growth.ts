// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  ContradictionError,
  type GrowingManifest,
  InvalidManifestError,
  type SignedPart,
} from '../manifest/index.ts'
import { ManifestConflictError, type StoredArtifact } from '../store/index.ts'
import { Collection } from './collection.ts'
import { type LeavesMessage, ProtocolViolationError, type Range } from './messages.ts'
import { OwnParts } from './own-parts.ts'
import { OwnReading } from './own-reading.ts'
import { readSigner } from './part-signer.ts'
import { PartsFetch } from './parts-fetch.ts'
import { addRanges, isIn } from './ranges.ts'
import type { Session } from './session.ts'
import { readPart, sendParts } from './signed-parts.ts'
import type { SwarmHost } from './types.ts'

export interface ManifestGrowthInit
  extends Pick<SwarmHost, 'selfId' | 'membership' | 'sign' | 'verifyMember' | 'random' | 'now'> {
  readonly swarmId: Uint8Array
  readonly artifact: StoredArtifact
  readonly sessions: ReadonlyMap<string, Session>
  /** The root CID of the whole is known, and with it its manifest can be had. */
  readonly knowsCid: () => boolean
  /** There is a manifest that grows now, where there was none. */
  readonly onBegun: () => void
  /** Digests have become known; chunks that were held are others now. */
  readonly onGrown: (known: readonly number[], lost: readonly number[]) => void
  /** What there was is of another size, or of a liar: all of it is given up. */
  readonly onGivenUp: () => void
  readonly onLiar: (signer: string, error: Error) => void
  readonly onStoreError: (error: Error) => void
}

/**
 * The manifest of a file that is still being read. The seeder signs what it has read and tells everybody; everybody
 * passes it on to whoever lacks it.
 */
export class ManifestGrowth {
  /** What this seeder reads. */
  readonly reading: OwnReading
  /** What others read for this seeder. */
  readonly collection: Collection
  /** What peers know and this node does not. */
  readonly fetch: PartsFetch
  readonly #init: ManifestGrowthInit
  readonly #liars = new Set<string>()
  /** Parts of this generation and of earlier ones are of a file that turned out wrong. */
  #refuted = -1
  #waiting: [SignedPart, Uint8Array][] = []
  #beginning = false
  /** What is passed on stays so when the whole is known. */
  #told: { growing: GrowingManifest; signers: ReadonlyMap<string, Uint8Array> } | undefined

  constructor(init: ManifestGrowthInit) {
    const { artifact } = init
    const own = new OwnParts(init)
    this.#init = init
    this.reading = new OwnReading({ artifact, own, told: () => this.#told?.growing, now: init.now })
    this.collection = new Collection({ artifact, own, take: (part) => this.#take(part, init.membership()) })
    this.fetch = new PartsFetch(init)
    this.#remember()
  }

  stop(): void {
    this.reading.stop()
    this.fetch.stop()
  }

  /** SIGNER. @throws ProtocolViolationError */
  takeSigner(session: Session, membership: Uint8Array): void {
    session.signer = readSigner(membership, this.#init.verifyMember)
    session.signerSaid = true
  }

  /** PART. @throws ProtocolViolationError */
  takePart(session: Session, bytes: Uint8Array): void {
    const { artifact, swarmId } = this.#init
    if (!session.signerSaid) {
      throw new ProtocolViolationError('a part without its signer')
    }
    const own = artifact.growing?.ownGeneration !== undefined
    const { signer } = session
    if (signer === undefined || artifact.manifest !== undefined || own || this.#liars.has(signer.peerId)) {
      return
    }
    const part = readPart(swarmId, bytes, signer)
    if (part.generation > this.#refuted) {
      this.#take(part, signer.membership)
    }
  }

  /** LEAVES: signed, told to everybody, and taken like a part of another seeder's. @throws ProtocolViolationError */
  takeLeaves(session: Session, message: LeavesMessage): void {
    const known = this.collection.add(session, message)
    if (known.length > 0) {
      this.answer(session, known)
    }
  }

  /** WANT_PARTS: what this node has signed, or what it was told by those who have. */
  answer(session: Session, ranges: readonly Range[]): void {
    const bitmap = addRanges(new Uint8Array(), ranges)
    const wanted = (leaf: number) => isIn(bitmap, leaf)
    const told = this.#told?.growing
    if (told?.ownGeneration !== undefined) {
      this.reading.state(
        session,
        [...Array(told.chunks).keys()].filter((leaf) => wanted(leaf)),
      )
      return
    }
    for (const part of this.#told?.growing.partsAbout(wanted) ?? []) {
      const membership = this.#told?.signers.get(part.signer)
      if (membership !== undefined) {
        sendParts(session, { peerId: part.signer, membership }, [part])
      }
    }
  }

  /** This node has signed parts to pass on, also when it knows the whole: others may not have been told its CID. */
  get tells(): boolean {
    return this.#told !== undefined
  }

  /**
   * A peer takes part in what grows: the seeder tells it all that it has read so far, before it deals any of it. When all is
   * read only to whom parts have come already: others ask for the manifest.
   */
  joined(session: Session): void {
    const growing = this.#told?.growing
    if (growing?.ownGeneration !== undefined) {
      const isRead = this.#init.artifact.manifest !== undefined
      if (!session.hasManifest && (session.growing || !isRead)) {
        this.reading.state(session, [...Array(growing.chunks).keys()])
      }
    } else {
      this.fetch.soon()
    }
  }

  /** The file of this generation is not the one of the digest: nothing of it, or of an earlier one, is taken again. */
  async refute(): Promise<void> {
    this.#refuted = Math.max(this.#refuted, this.#init.artifact.growing?.generation ?? -1)
    await this.#giveUp()
  }

  #take(part: SignedPart, membership: Uint8Array): void {
    const { artifact } = this.#init
    if (artifact.manifest !== undefined) {
      return
    }
    if (artifact.growing === undefined || this.#beginning) {
      this.#waiting.push([part, membership])
      this.#begin().catch(this.#init.onStoreError)
      return
    }
    try {
      const { known, lost } = artifact.addPart(part, membership)
      if (known.length + lost.length > 0) {
        this.#init.onGrown(known, lost)
        this.fetch.answered()
      }
    } catch (error) {
      this.#doubt(part, membership, error)
    }
  }

  /** @throws what is no word about the part */
  #doubt(part: SignedPart, membership: Uint8Array, error: unknown): void {
    const growing = this.#init.artifact.growing
    if (error instanceof ContradictionError) {
      // Whoever has the other half sees the same: so the proof spreads by itself.
      for (const session of this.#init.sessions.values()) {
        sendParts(session, { peerId: part.signer, membership }, [part])
      }
      this.#liars.add(error.signer)
      this.#init.onLiar(error.signer, error)
      void this.#giveUp()
    } else if (error instanceof InvalidManifestError) {
      if (growing !== undefined && part.generation > growing.generation) {
        void this.#giveUp().then(() => this.#take(part, membership))
      }
    } else {
      throw error
    }
  }

  async #giveUp(): Promise<void> {
    this.#told = undefined
    this.#waiting = []
    try {
      await this.#init.artifact.discardGrowth()
    } catch (error) {
      this.#init.onStoreError(error as Error)
    }
    this.#init.onGivenUp()
  }

  async #begin(): Promise<void> {
    const first = this.#waiting[0]?.[0]
    if (this.#beginning || first === undefined) {
      return
    }
    this.#beginning = true
    try {
      await this.#init.artifact.grow(first.size, first.chunkSize)
    } catch (error) {
      this.#waiting = []
      // Of no more use when the whole manifest has come meanwhile.
      if (!(error instanceof ManifestConflictError)) this.#init.onStoreError(error as Error)
    } finally {
      this.#beginning = false
    }
    this.#remember()
    if (this.#told !== undefined) {
      this.#init.onBegun()
    }
    for (const [part, membership] of this.#waiting.splice(0)) {
      this.#take(part, membership)
    }
  }

  #remember(): void {
    const { growing, signers } = this.#init.artifact
    if (growing !== undefined) {
      this.#told = { growing, signers }
    }
  }
}
