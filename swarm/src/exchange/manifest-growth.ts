// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  ContradictionError,
  type GrowingManifest,
  InvalidManifestError,
  type ManifestPart,
  type SignedPart,
  signPart,
} from '../manifest/index.ts'
import type { Membership } from '../membership/index.ts'
import { ManifestConflictError, type StoredArtifact } from '../store/index.ts'
import { type Collecting, LeafSigner } from './leaf-signer.ts'
import { type LeavesMessage, mostChunks, ProtocolViolationError, type Range } from './messages.ts'
import { readSigner } from './part-signer.ts'
import { addedSince, rangesOf } from './ranges.ts'
import type { Session } from './session.ts'
import { readPart, sendParts, statementsAbout } from './signed-parts.ts'

/** Leaves that a peer announces and nobody has told this node are asked for after so long: the seeder may be about to. */
const patienceMs = 30
/** Another peer is asked when the first does not answer. */
const answerMs = 1000
/** At most one signature in so many milliseconds, whatever comes in. */
const signEveryMs = 5
/** Complete blocks of so many leaves are stated once more in one part, which takes the place of many. */
const blockLeaves = 64

export interface ManifestGrowthInit {
  readonly swarmId: Uint8Array
  readonly artifact: StoredArtifact
  readonly sessions: ReadonlyMap<string, Session>
  readonly selfId: string
  readonly membership: () => Uint8Array
  readonly sign: (bytes: Uint8Array) => Uint8Array
  readonly random: () => number
  readonly now: () => number
  /** The root CID of the whole is known, and with it its manifest can be had. */
  readonly knowsCid: () => boolean
  /** @throws MembershipError */
  readonly verifyMember: (membership: Uint8Array) => Membership
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
  readonly #init: ManifestGrowthInit
  readonly #liars = new Set<string>()
  readonly #signer = new LeafSigner()
  /** Parts of this generation and of earlier ones are of a file that turned out wrong. */
  #refuted = -1
  #waiting: [SignedPart, Uint8Array][] = []
  #beginning = false
  /** What is passed on stays so when the whole is known. */
  #told: { growing: GrowingManifest; signers: ReadonlyMap<string, Uint8Array> } | undefined
  #unsigned: number[] = []
  #afterSigning: (() => void)[] = []
  #signedAt = Number.NEGATIVE_INFINITY
  #signing: NodeJS.Timeout | undefined
  #asking: NodeJS.Timeout | undefined
  #asked: Session | undefined

  constructor(init: ManifestGrowthInit) {
    this.#init = init
    this.#remember()
  }

  stop(): void {
    clearTimeout(this.#signing)
    clearTimeout(this.#asking)
    this.#asking = undefined
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

  /** This node signs what these have read. */
  collect(collecting: Collecting): void {
    this.#signer.set(collecting)
  }

  /** Whose words this node has signed: leaves by node. */
  get said(): ReadonlyMap<string, readonly Range[]> {
    return this.#signer.said
  }

  /** LEAVES: signed, told to everybody, and taken like a part of another seeder's. */
  takeLeaves(session: Session, message: LeavesMessage): void {
    const { artifact, sessions } = this.#init
    if (artifact.manifest !== undefined) {
      return
    }
    const { growing } = artifact
    const holding = { growing, has: (leaf: number) => artifact.has(leaf) }
    const reader = { peerId: session.peerId, node: session.membership.node }
    const { news, known } = this.#signer.take(reader, message, holding)
    const parts = news.map((part) => this.#signed(part))
    for (const part of parts) {
      this.#take(part, this.#init.membership())
    }
    const fresh = news.flatMap(({ first, digests }) =>
      [...Array(digests.length / 32).keys()].map((i) => first + i),
    )
    parts.push(...this.#restate(fresh))
    for (const one of sessions.values()) {
      this.#send(one, parts)
    }
    if (known.length > 0) {
      this.answer(session, known)
    }
  }

  /** What was signed of this leaf is wrong. */
  correct(leaf: number, digest: Uint8Array): void {
    const { growing } = this.#init.artifact
    if (growing === undefined) {
      return
    }
    const part = this.#signed(this.#signer.correct(growing, leaf, digest))
    this.#take(part, this.#init.membership())
    for (const session of this.#init.sessions.values()) {
      this.#send(session, [part])
    }
  }

  /** WANT_PARTS: what this node has signed, or what it was told by those who have. */
  answer(session: Session, ranges: readonly Range[]): void {
    const wanted = (leaf: number) => ranges.some(([first, count]) => leaf >= first && leaf < first + count)
    const told = this.#told?.growing
    if (told?.ownGeneration !== undefined) {
      this.#state(
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
        this.#state(session, [...Array(growing.chunks).keys()])
      }
    } else {
      this.#lookAround()
    }
  }

  gone(session: Session): void {
    if (this.#asked === session) {
      this.#asked = undefined
      this.#lookAround()
    }
  }

  /** The seeder has read these; `then` comes after everybody has been told what they are. */
  read(leaves: readonly number[], then: () => void): void {
    this.#unsigned.push(...leaves)
    this.#afterSigning.push(then)
    const waitMs = this.#signedAt + signEveryMs - this.#init.now()
    if (waitMs <= 0) {
      this.#signAll()
    } else {
      this.#signing ??= setTimeout(() => this.#signAll(), waitMs)
    }
  }

  /** Says at once what was going to be said. */
  flush(): void {
    if (this.#signing !== undefined) {
      this.#signAll()
    }
  }

  /** The file of this generation is not the one of the digest: nothing of it, or of an earlier one, is taken again. */
  async refute(): Promise<void> {
    this.#refuted = Math.max(this.#refuted, this.#init.artifact.growing?.generation ?? -1)
    await this.#giveUp()
  }

  /** HAVE: the digests of what a peer announces and nobody has told this node are asked for a little later. */
  announced(ranges: readonly Range[]): void {
    const growing = this.#init.artifact.growing
    const isNew = (first: number, count: number): boolean => {
      for (let leaf = first; leaf < Math.min(first + count, growing?.chunks ?? 0); leaf++) {
        if (growing?.isKnown(leaf) === false) {
          return true
        }
      }
      return false
    }
    if (this.#asking === undefined && ranges.some(([first, count]) => isNew(first, count))) {
      this.#lookAround()
    }
  }

  #lookAround(): void {
    if (this.#asking === undefined && this.#lacked().length > 0) {
      this.#asking = setTimeout(() => this.#ask(), patienceMs)
      this.#asking.unref()
    }
  }

  /** What has been announced since it was asked is asked for next. */
  #noteAnswer(): void {
    if (this.#asked !== undefined) {
      this.#asked = undefined
      clearTimeout(this.#asking)
      this.#asking = undefined
      this.#lookAround()
    }
  }

  #take(part: SignedPart, membership: Uint8Array): void {
    const { artifact } = this.#init
    if (artifact.manifest !== undefined) {
      return
    }
    if (artifact.growing === undefined || this.#beginning) {
      this.#waiting.push([part, membership])
      void this.#begin()
      return
    }
    try {
      const { known, lost } = artifact.addPart(part, membership)
      if (known.length + lost.length > 0) {
        this.#init.onGrown(known, lost)
        this.#noteAnswer()
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

  #signAll(): void {
    clearTimeout(this.#signing)
    this.#signing = undefined
    this.#signedAt = this.#init.now()
    const leaves = this.#unsigned
    const then = this.#afterSigning
    this.#unsigned = []
    this.#afterSigning = []
    const parts = this.#statements([...leaves, ...this.#blocksOf(leaves)])
    for (const session of this.#init.sessions.values()) {
      this.#send(session, parts)
    }
    for (const step of then) {
      step()
    }
  }

  #signed(part: ManifestPart): SignedPart {
    const { swarmId, selfId, sign } = this.#init
    return signPart(swarmId, part, selfId, sign)
  }

  /** The blocks that these have made complete, in one part each. */
  #restate(leaves: readonly number[]): SignedPart[] {
    const { growing } = this.#init.artifact
    const blocks = this.#blocksOf(leaves)
    if (growing === undefined || blocks.length === 0) {
      return []
    }
    const parts = statementsAbout(blocks, growing, (part) => this.#signed(part), this.#signer.generation)
    for (const part of parts) {
      this.#take(part, this.#init.membership())
    }
    return parts
  }

  /** All leaves of the blocks that these have made complete. */
  #blocksOf(leaves: readonly number[]): number[] {
    const growing = this.#init.artifact.growing
    const blocks = new Set(leaves.map((leaf) => leaf - (leaf % blockLeaves)))
    return [...blocks].flatMap((first) => {
      const block = Array.from({ length: blockLeaves }, (_, i) => first + i)
      return growing !== undefined && block.every((leaf) => growing.isKnown(leaf)) ? block : []
    })
  }

  #state(session: Session, leaves: readonly number[]): void {
    this.#send(session, this.#statements(leaves))
  }

  #statements(leaves: readonly number[]): SignedPart[] {
    const growing = this.#told?.growing
    if (growing?.ownGeneration === undefined) {
      return []
    }
    const known = leaves.filter((leaf) => growing.isKnown(leaf))
    return statementsAbout(known, growing, (part) => this.#signed(part), growing.ownGeneration)
  }

  #send(session: Session, parts: readonly SignedPart[]): void {
    const { selfId, membership } = this.#init
    sendParts(session, { peerId: selfId, membership: membership() }, parts)
  }

  /** Peers that know of leaves that this node does not, with these. */
  #lacked(): { session: Session; ranges: readonly Range[] }[] {
    const { growing, manifest } = this.#init.artifact
    if (manifest !== undefined || growing?.ownGeneration !== undefined) {
      return []
    }
    const { sessions, knowsCid } = this.#init
    // Who has the manifest is asked for that, where it can be checked.
    const knowing = [...sessions.values()].filter((one) => one.growing && !(one.hasManifest && knowsCid()))
    const lacked = knowing.map((session) => ({ session, ranges: unknownOf(session, growing) }))
    return lacked.filter(({ ranges }) => ranges.length > 0)
  }

  #ask(): void {
    this.#asking = undefined
    const lacked = this.#lacked()
    const others = lacked.filter(({ session }) => session !== this.#asked)
    const from = others.length > 0 ? others : lacked
    const chosen = from[Math.floor(this.#init.random() * from.length)]
    if (chosen !== undefined) {
      this.#asked = chosen.session
      chosen.session.link.send({ type: 'wantParts', ranges: chosen.ranges })
      this.#asking = setTimeout(() => this.#ask(), answerMs)
      this.#asking.unref()
    }
  }
}

/** What the peer knows and this node does not: what it has announced, or all. All, too, when this node knows nothing. */
function unknownOf(session: Session, growing: GrowingManifest | undefined): readonly Range[] {
  if (growing === undefined) {
    return [[0, mostChunks]]
  }
  const leaves = session.hasManifest
    ? [...Array(growing.chunks).keys()]
    : addedSince(new Uint8Array(), session.announced)
  return rangesOf(leaves.filter((leaf) => leaf < growing.chunks && !growing.isKnown(leaf)))
}
