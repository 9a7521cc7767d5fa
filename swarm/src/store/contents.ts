// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ManifestParts } from '../manifest/dag.ts'
import type { GrowingManifest } from '../manifest/growing-manifest.ts'
import { leafDigest } from '../manifest/manifest.ts'
import type { SignedPart } from '../manifest/signed-part.ts'
import type { Manifest } from '../manifest/types.ts'
import { Bitmap } from './bitmap.ts'
import type { StoredGrowth } from './growth.ts'
import { heldBytes } from './held-bytes.ts'
import { LeafIndex } from './leaf-index.ts'
import type { Recovered } from './recover.ts'
import type { ArtifactState } from './state-file.ts'
import type { ArtifactCounters } from './types.ts'

/** To the minute: it is not written for less. */
const useStepMs = 60_000

/** What is known of the file of an artifact, which of its chunks are held, and where they came from. */
export class Contents {
  manifest: Manifest | undefined
  growth: StoredGrowth | undefined
  held: Bitmap
  readonly counters: ArtifactCounters
  usedAt: number
  #leaves: LeafIndex | undefined
  readonly #lostListeners = new Set<(indexes: readonly number[]) => void>()

  constructor({ manifest, growth, held, counters, usedAt }: Recovered) {
    this.manifest = manifest
    this.growth = growth
    this.held = held
    this.counters = counters
    this.usedAt = usedAt
  }

  /** What the state file is to say of this moment. */
  get state(): ArtifactState {
    const { manifest, counters, usedAt, held } = this
    return { cid: manifest?.cid ?? '', counters: { ...counters }, usedAt, bitmap: held.toBytes() }
  }

  get growing(): GrowingManifest | undefined {
    return this.manifest === undefined ? this.growth?.manifest : undefined
  }

  /** Of the manifest, or of the one that grows. */
  get outline(): ManifestParts | undefined {
    return this.manifest ?? this.growth?.manifest
  }

  get complete(): boolean {
    return this.manifest !== undefined && this.held.count === this.held.size
  }

  get bytesHeld(): number {
    const { outline } = this
    return outline === undefined ? 0 : heldBytes(outline, this.held)
  }

  touch(now: number): void {
    if (Math.abs(now - this.usedAt) >= useStepMs) this.usedAt = now
  }

  find(digest: Uint8Array): readonly number[] {
    if (this.manifest === undefined) return this.growth?.manifest.find(digest) ?? []
    this.#leaves ??= new LeafIndex(this.manifest)
    return this.#leaves.find(digest)
  }

  isLeaf(index: number, digest: Uint8Array): boolean {
    const { outline } = this
    return outline !== undefined && Buffer.compare(leafDigest(outline, index), digest) === 0
  }

  /** Of a manifest that grows nothing is held at first. */
  grow(growth: StoredGrowth): void {
    this.growth = growth
    this.held = new Bitmap(growth.manifest.chunks)
  }

  /** @returns leaves that are known now and were not, and chunks that are held no more, as they are other ones now */
  add(part: SignedPart, membership: Uint8Array): { known: readonly number[]; lost: readonly number[] } {
    const { known, changed } = this.growth?.add(part, membership) ?? { known: [], changed: [] }
    return { known, lost: changed.filter((index) => this.held.delete(index)) }
  }

  onLost(listener: (indexes: readonly number[]) => void): () => void {
    this.#lostListeners.add(listener)
    return () => this.#lostListeners.delete(listener)
  }

  /** Told at once: what comes after it, a sync for instance, may fail. @returns those that were held */
  lose(indexes: Iterable<number>): number[] {
    const lost = [...indexes].filter((index) => this.held.delete(index))
    this.tellLost(lost)
    return lost
  }

  tellLost(indexes: readonly number[]): void {
    if (indexes.length > 0) for (const listener of this.#lostListeners) listener(indexes)
  }

  /** Gives up what grew, and what was held by it. */
  forget(): void {
    this.growth = undefined
    this.held = new Bitmap(0)
  }
}
