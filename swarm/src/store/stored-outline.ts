// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, rm } from 'node:fs/promises'
import type { Logger } from 'pino'
import { encodeManifest } from '../manifest/encoding.ts'
import type { GrowingManifest } from '../manifest/growing-manifest.ts'
import { leafLength } from '../manifest/layout.ts'
import { leafDigest } from '../manifest/manifest.ts'
import type { Chunking, Manifest } from '../manifest/types.ts'
import type { ArtifactFiles } from './artifact-files.ts'
import type { Bitmap } from './bitmap.ts'
import type { Contents } from './contents.ts'
import { replaceDurably } from './durable.ts'
import { ManifestConflictError } from './errors.ts'
import { StoredGrowth } from './growth.ts'
import { IngestLog } from './ingest-log.ts'
import { salvage } from './recover.ts'
import { stillHeld } from './still-held.ts'
import type { SyncedState } from './synced-state.ts'
import { rewrite } from './verify.ts'

/** What a change of the outline needs of its artifact. */
interface OutlineParts {
  readonly key: string
  readonly files: ArtifactFiles
  readonly data: FileHandle
  readonly contents: Contents
  readonly state: SyncedState
  /** Unless the artifact is closed. */
  readonly sync: () => Promise<void>
  /** @throws ArtifactClosedError */
  readonly checkOpen: () => void
  readonly isIngesting: () => boolean
  readonly onHeld: (indexes: readonly number[]) => void
  readonly log: Logger
}

/** The way of an artifact from knowing nothing of its file over a manifest that grows to the whole one, on disk. */
export class StoredOutline {
  readonly #parts: OutlineParts
  /** When the last ingest began. */
  #generation = 0
  #layingOut: Promise<void> | undefined

  constructor(parts: OutlineParts) {
    this.#parts = parts
  }

  /** @throws ManifestConflictError */
  set(manifest: Manifest): Promise<void> {
    const isHere = () => this.#parts.contents.manifest?.cid === manifest.cid
    return this.#layOut(manifest.cid, isHere, () => this.#adopt(manifest, false))
  }

  /** @throws ManifestConflictError */
  grow(size: number, chunkSize: number): Promise<void> {
    const isHere = () => {
      const growing = this.#parts.contents.growth?.manifest
      return growing?.size === size && growing.chunkSize === chunkSize
    }
    return this.#layOut('one that grows', isHere, () => this.#beginGrowth(size, chunkSize))
  }

  /** Of a file that this node reads itself, behind what is held of it without a hole. */
  async growOwn(size: number | undefined, chunking: Chunking): Promise<void> {
    const { contents, log } = this.#parts
    if (contents.growth?.manifest.ownGeneration === undefined) await this.#takeOver(size, chunking)
    this.#generation = Math.max(Date.now(), this.#generation + 1)
    contents.forget()
    if (size !== undefined && chunking.strategy === 'Fixed') {
      contents.grow(StoredGrowth.own(size, chunking.size, this.#generation, log))
    }
  }

  /** The whole file has been read: all of it is held. */
  complete(manifest: Manifest): Promise<void> {
    return this.#adopt(manifest, true)
  }

  async discardGrowth(): Promise<void> {
    const { contents, data, sync } = this.#parts
    const { manifest, growth } = contents
    if (manifest !== undefined || growth === undefined) return
    contents.forget()
    await growth.remove()
    await data.truncate(0)
    await sync()
  }

  /** One after the other: the second would begin with an empty bitmap again, and chunks that came in between were lost. */
  async #layOut(what: string, isHere: () => boolean, step: () => Promise<void>): Promise<void> {
    const { key, contents, checkOpen, isIngesting } = this.#parts
    checkOpen()
    while (this.#layingOut !== undefined) await this.#layingOut.catch(() => {})
    checkOpen()
    if (isHere()) return
    if (contents.manifest !== undefined || isIngesting()) {
      const other = contents.manifest?.cid ?? 'an ingest of its own'
      throw new ManifestConflictError(`${key} has ${other}, not ${what}`)
    }
    this.#layingOut = step().finally(() => {
      this.#layingOut = undefined
    })
    await this.#layingOut
  }

  async #beginGrowth(size: number, chunkSize: number): Promise<void> {
    const { contents, data, files, log, sync } = this.#parts
    await this.discardGrowth()
    const growth = await StoredGrowth.begin(files.parts, size, chunkSize, log)
    await data.truncate(size)
    contents.grow(growth)
    // Without a state all would be hashed after a kill, and a chunk that no log names yet be held without a source.
    await sync()
  }

  /** What peers gave of a file that another seeder had begun to read: the ingest goes on behind its first hole. */
  async #takeOver(size: number | undefined, chunking: Chunking): Promise<void> {
    const { contents, files } = this.#parts
    const { growth, held } = contents
    const growing = growth?.manifest
    const same =
      size === growing?.size && chunking.strategy === 'Fixed' && chunking.size === growing?.chunkSize
    if (growth === undefined || growing === undefined || !same) return this.discardGrowth()
    await IngestLog.write(files.ingest, chunking, firstDigests(growing, held))
    contents.forget()
    await growth.remove()
  }

  /** State before manifest: a manifest without a state means that everything must be hashed again. */
  async #adopt(manifest: Manifest, complete: boolean): Promise<void> {
    const { contents, data, files, state, onHeld } = this.#parts
    // Without a manifest a file may be here all the same: of which the manifest was damaged.
    const growing = contents.growth?.manifest
    const held =
      complete || growing ? stillHeld(contents.held, growing, manifest) : await salvage(data, manifest)
    if (complete && state.hasFailed) await rewrite(data, manifest, files.data)
    const news = complete ? [...Array(held.size).keys()].filter((index) => held.add(index)) : []
    state.add(news)
    await data.truncate(manifest.size)
    await state.adopt(() => ({ ...contents.state, cid: manifest.cid, bitmap: held.toBytes() }))
    await replaceDurably(files.manifest, encodeManifest(manifest))
    await rm(files.ingest, { force: true })
    contents.held = held
    contents.manifest = manifest
    const { growth } = contents
    contents.growth = undefined
    await growth?.remove()
    if (complete) onHeld(news)
  }
}

/** Of the whole chunks up to the first that is not held. */
function firstDigests(growing: GrowingManifest, held: Bitmap): Uint8Array[] {
  const digests: Uint8Array[] = []
  for (let leaf = 0; held.has(leaf) && leafLength(growing, leaf) === growing.chunkSize; leaf++) {
    digests.push(leafDigest(growing, leaf))
  }
  return digests
}
