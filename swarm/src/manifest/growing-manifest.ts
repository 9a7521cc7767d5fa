// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkCount } from './chunking.ts'
import type { ManifestParts } from './dag.ts'
import { DIGEST_BYTES } from './digest.ts'
import { InvalidManifestError, leafDigest, manifestOf } from './manifest.ts'
import { leavesOf, type ManifestPart, type SignedPart } from './signed-part.ts'
import type { Manifest } from './types.ts'

/** One seeder has signed two digests for one leaf: nothing that it said is believed any more. */
export class ContradictionError extends Error {
  override name = 'ContradictionError'
  /** Peer ID. */
  readonly signer: string

  constructor(message: string, signer: string) {
    super(message)
    this.signer = signer
  }
}

/** What a part has changed. */
export interface Growth {
  /** Leaves whose digest was not known before. */
  readonly known: readonly number[]
  /** Leaves that a later generation has given another digest: what is held of them is wrong. */
  readonly changed: readonly number[]
}

const NOTHING: Growth = { known: [], changed: [] }

/** Who said what a leaf is: 0 stands for nobody, 1 for this node itself. */
interface Statement {
  readonly signer: string
  readonly generation: number
}

/**
 * The manifest of a file that is still being read: sizes are known, leaf digests become known run by run. `digests` has
 * room for all of them, zeros where nothing is known yet.
 */
export class GrowingManifest implements ManifestParts {
  readonly size: number
  readonly chunkSize: number
  readonly digests: Uint8Array
  readonly chunks: number
  /** Of the node that reads the origin itself; undefined where all comes from others. */
  readonly ownGeneration: number | undefined
  #knownCount = 0
  /** By leaf: index of who said it. */
  readonly #saidBy: Uint16Array
  readonly #statements: Statement[] = [
    { signer: '', generation: -1 },
    { signer: 'self', generation: Number.POSITIVE_INFINITY },
  ]
  #parts: SignedPart[] = []
  /** Leaves by the first bytes of their digest; entries that are no longer true are passed over. */
  readonly #byDigest = new Map<number, number[]>()
  /** All leaves as they are now; several ask for it when the last one is known, and its root takes milliseconds. */
  #whole: Manifest | undefined

  /** @throws InvalidManifestError for sizes that make no sense */
  constructor(size: number, chunkSize: number, ownGeneration?: number) {
    if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(chunkSize) || chunkSize < 1) {
      throw new InvalidManifestError(`No file has ${size} bytes in chunks of ${chunkSize}`)
    }
    this.size = size
    this.chunkSize = chunkSize
    this.ownGeneration = ownGeneration
    this.chunks = chunkCount(size, chunkSize)
    this.digests = new Uint8Array(this.chunks * DIGEST_BYTES)
    this.#saidBy = new Uint16Array(this.chunks)
  }

  /** Parts to pass on: together they say all that was taken from others. */
  get parts(): readonly SignedPart[] {
    return this.#parts
  }

  get knownCount(): number {
    return this.#knownCount
  }

  isKnown(leaf: number): boolean {
    return (this.#saidBy[leaf] ?? 0) !== 0
  }

  /** The latest generation of which something was taken; -1 before. */
  get generation(): number {
    return (
      this.ownGeneration ??
      Math.max(...this.#statements.filter((_, i) => i !== 1).map((one) => one.generation))
    )
  }

  /** The node that reads the origin has hashed the leaf itself. */
  note(leaf: number, digest: Uint8Array): void {
    if (!this.isKnown(leaf)) this.#knownCount += 1
    this.#set(leaf, 1, digest)
  }

  /**
   * Takes a part whose signature and signer were checked.
   * @throws InvalidManifestError when it is of another size
   * @throws RangeError when it ends behind the last leaf; nothing of the part is taken then
   * @throws ContradictionError when its signer has said otherwise before; nothing of the part is taken then
   */
  add(part: SignedPart): Growth {
    if (part.size !== this.size || part.chunkSize !== this.chunkSize) {
      throw new InvalidManifestError(`A part of ${part.size} bytes in a manifest of ${this.size}`)
    }
    if (part.first + leavesOf(part) > this.chunks) {
      throw new RangeError(`${leavesOf(part)} leaves from ${part.first} on are not in ${this.chunks}`)
    }
    const { news, outdated } = this.#compare(part)
    if (news.length === 0) {
      // The same in a longer run: fewer parts to pass on.
      if (!outdated) this.#keep(part)
      return NOTHING
    }
    const by = this.#statementOf(part)
    const known = news.filter((leaf) => !this.isKnown(leaf))
    const changed = news.filter((leaf) => this.isKnown(leaf))
    for (const leaf of news) {
      this.#set(leaf, by, digestIn(part, leaf))
    }
    this.#knownCount += known.length
    this.#keep(part)
    return { known, changed }
  }

  /** Leaves that are known to have this digest, ascending. */
  find(digest: Uint8Array): number[] {
    const near = digest.length === DIGEST_BYTES ? (this.#byDigest.get(prefixOf(digest)) ?? []) : []
    const found = near.filter((leaf) => Buffer.compare(leafDigest(this, leaf), digest) === 0)
    return [...new Set(found)].sort((a, b) => a - b)
  }

  /** Passes on: parts that say something of one of these leaves. */
  partsAbout(isWanted: (leaf: number) => boolean): SignedPart[] {
    return this.#parts.filter((part) => {
      for (let leaf = part.first; leaf < part.first + leavesOf(part); leaf++) if (isWanted(leaf)) return true
      return false
    })
  }

  /** Undefined while a leaf is missing. */
  toManifest(): Manifest | undefined {
    if (this.#knownCount < this.chunks) return undefined
    const { size, chunkSize, digests } = this
    this.#whole ??= manifestOf({ size, chunkSize, digests: digests.slice() })
    return this.#whole
  }

  #set(leaf: number, by: number, digest: Uint8Array): void {
    this.#whole = undefined
    this.#saidBy[leaf] = by
    this.digests.set(digest, leaf * DIGEST_BYTES)
    const near = this.#byDigest.get(prefixOf(digest))
    if (near === undefined) this.#byDigest.set(prefixOf(digest), [leaf])
    else near.push(leaf)
  }

  /** Leaves of which the part says something new that counts, and whether it says something that does not. */
  #compare(part: SignedPart): { news: number[]; outdated: boolean } {
    const news: number[] = []
    let outdated = false
    for (let leaf = part.first; leaf < part.first + leavesOf(part); leaf++) {
      if (this.isKnown(leaf) && Buffer.compare(digestIn(part, leaf), leafDigest(this, leaf)) === 0) continue
      const before = this.#statements[this.#saidBy[leaf] ?? 0]
      if (before?.signer === part.signer && before.generation === part.generation) {
        throw new ContradictionError(`${part.signer} has signed two digests for leaf ${leaf}`, part.signer)
      }
      if (before === undefined || before.generation < part.generation) news.push(leaf)
      else outdated = true
    }
    return { news, outdated }
  }

  /** A run that lies within another one need not be passed on any more. */
  #keep(part: SignedPart): void {
    if (this.#parts.some((one) => one.generation >= part.generation && isWithin(part, one))) return
    this.#parts = [...this.#parts.filter((one) => !isWithin(one, part)), part]
  }

  #statementOf({ signer, generation }: SignedPart): number {
    const at = this.#statements.findIndex((one) => one.signer === signer && one.generation === generation)
    return at === -1 ? this.#statements.push({ signer, generation }) - 1 : at
  }
}

const prefixOf = (digest: Uint8Array): number =>
  Buffer.from(digest.buffer, digest.byteOffset, DIGEST_BYTES).readUIntBE(0, 6)

const isWithin = (inner: SignedPart, outer: SignedPart): boolean =>
  inner.first >= outer.first && inner.first + leavesOf(inner) <= outer.first + leavesOf(outer)

const digestIn = ({ digests, first }: ManifestPart, leaf: number): Uint8Array =>
  digests.subarray((leaf - first) * DIGEST_BYTES, (leaf - first + 1) * DIGEST_BYTES)
