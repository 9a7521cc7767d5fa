// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import type { Logger } from 'pino'
import { chunkingOf } from '../manifest/chunking.ts'
import type { ManifestParts } from '../manifest/dag.ts'
import { encodeManifest } from '../manifest/encoding.ts'
import type { GrowingManifest } from '../manifest/growing-manifest.ts'
import { leafLength, leafOffset } from '../manifest/layout.ts'
import { leafDigest } from '../manifest/manifest.ts'
import type { SignedPart } from '../manifest/signed-part.ts'
import { swarmKey } from '../manifest/swarm-id.ts'
import type { Chunking, Manifest } from '../manifest/types.ts'
import { type Arrival, ArrivalLog } from './arrival-log.ts'
import { type ArtifactFiles, artifactFiles } from './artifact-files.ts'
import { Bitmap } from './bitmap.ts'
import { readFully, replaceDurably, writeFully } from './durable.ts'
import {
  ArtifactClosedError,
  ChunkMismatchError,
  ChunkMissingError,
  ManifestConflictError,
  ManifestMissingError,
} from './errors.ts'
import { StoredGrowth } from './growth.ts'
import { heldBytes } from './held-bytes.ts'
import { FileIngest } from './ingest.ts'
import { IngestLog } from './ingest-log.ts'
import { LeafIndex } from './leaf-index.ts'
import { countArrival, type Recovered, recover, salvage } from './recover.ts'
import { stillHeld } from './still-held.ts'
import { SyncedState } from './synced-state.ts'
import type { ArtifactCounters, ChunkSource, Ingest, StoredArtifact } from './types.ts'
import { isChunk, wrongChunks } from './verify.ts'

const USE_STEP_MS = 60_000

/** One artifact on disk. Data first, then bitmap: whatever the state file says was on the disk before it was written. */
export class FileArtifact implements StoredArtifact {
  readonly swarmId: Uint8Array
  readonly key: string
  readonly counters: ArtifactCounters
  readonly files: ArtifactFiles
  /** Of the data file that is open. */
  readonly inode: number
  readonly #data: FileHandle
  readonly #arrivals: ArrivalLog
  readonly #log: Logger
  readonly #state: SyncedState
  readonly #listeners = new Set<(indexes: readonly number[]) => void>()
  #manifest: Manifest | undefined
  #growth: StoredGrowth | undefined
  /** When the last ingest began. */
  #generation = 0
  #held: Bitmap
  #usedAt: number
  #leaves: LeafIndex | undefined
  /** For a manifest, or for one that grows. */
  #layingOut: Promise<void> | undefined
  #ingest: FileIngest | undefined
  #closed = false

  private constructor(
    swarmId: Uint8Array,
    files: ArtifactFiles,
    parts: { data: FileHandle; inode: number; arrivals: ArrivalLog; recovered: Recovered; log: Logger },
  ) {
    this.swarmId = swarmId
    this.key = swarmKey(swarmId)
    this.files = files
    this.counters = parts.recovered.counters
    this.inode = parts.inode
    this.#data = parts.data
    this.#arrivals = parts.arrivals
    this.#log = parts.log
    this.#manifest = parts.recovered.manifest
    this.#growth = parts.recovered.growth
    this.#held = parts.recovered.held
    this.#usedAt = parts.recovered.usedAt
    this.#state = new SyncedState({
      path: files.state,
      data: parts.data,
      arrivals: parts.arrivals,
      syncFirst: async () => this.#growth?.sync(),
      state: () => ({
        cid: this.#manifest?.cid ?? '',
        counters: this.counters,
        usedAt: this.#usedAt,
        bitmap: this.#held.toBytes(),
      }),
      onLost: (indexes) => {
        for (const index of indexes) this.#held.delete(index)
      },
    })
  }

  /** Opens the folder of an artifact, or makes it. */
  static async open(swarmId: Uint8Array, directory: string, log: Logger): Promise<FileArtifact> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const files = artifactFiles(directory)
    const data = await open(files.data, constants.O_RDWR | constants.O_CREAT, 0o600)
    const opened = await ArrivalLog.open(files.arrivals)
    const recovered = await recover(files, data, opened.arrivals, log)
    const { ino: inode } = await data.stat()
    const artifact = new FileArtifact(swarmId, files, { data, inode, arrivals: opened.log, recovered, log })
    // Even when nothing was recovered: entries of the log that proved wrong should not be tried again.
    if (opened.arrivals.length > 0) await artifact.#syncInBackground()
    return artifact
  }

  get manifest(): Manifest | undefined {
    return this.#manifest
  }

  get growing(): GrowingManifest | undefined {
    return this.#manifest === undefined ? this.#growth?.manifest : undefined
  }

  get signers(): ReadonlyMap<string, Uint8Array> {
    return this.#growth?.signers ?? new Map()
  }

  get chunks(): number {
    return this.#held.size
  }

  get chunksHeld(): number {
    return this.#held.count
  }

  get complete(): boolean {
    return this.#manifest !== undefined && this.#held.count === this.#held.size
  }

  get bytesHeld(): number {
    const layout = this.#outline
    return layout === undefined ? 0 : heldBytes(layout, this.#held)
  }

  get dataPath(): string {
    return this.files.data
  }

  get originPath(): string {
    return this.files.origin
  }

  get usedAt(): number {
    return this.#usedAt
  }

  touch(now: number): void {
    if (Math.abs(now - this.#usedAt) >= USE_STEP_MS) this.#usedAt = now
  }

  has(index: number): boolean {
    return this.#held.has(index)
  }

  bitmap(): Uint8Array {
    return this.#held.toBytes()
  }

  chunkLength(index: number): number {
    return leafLength(this.#known(), index)
  }

  find(digest: Uint8Array): readonly number[] {
    if (this.#manifest === undefined) return this.#growth?.manifest.find(digest) ?? []
    this.#leaves ??= new LeafIndex(this.#manifest)
    return this.#leaves.find(digest)
  }

  setManifest(manifest: Manifest): Promise<void> {
    const isHere = () => this.#manifest?.cid === manifest.cid
    return this.#layOut(manifest.cid, isHere, () => this.#adopt(manifest, false))
  }

  grow(size: number, chunkSize: number): Promise<void> {
    const isHere = () => {
      const growing = this.#growth?.manifest
      return growing?.size === size && growing.chunkSize === chunkSize
    }
    return this.#layOut('one that grows', isHere, () => this.#beginGrowth(size, chunkSize))
  }

  /** One after the other: the second would begin with an empty bitmap again, and chunks that came in between were lost. */
  async #layOut(what: string, isHere: () => boolean, step: () => Promise<void>): Promise<void> {
    this.#checkOpen()
    while (this.#layingOut !== undefined) await this.#layingOut.catch(() => {})
    this.#checkOpen()
    if (isHere()) return
    if (this.#manifest !== undefined || this.#ingest !== undefined) {
      const other = this.#manifest?.cid ?? 'an ingest of its own'
      throw new ManifestConflictError(`${this.key} has ${other}, not ${what}`)
    }
    this.#layingOut = step().finally(() => {
      this.#layingOut = undefined
    })
    await this.#layingOut
  }

  async #beginGrowth(size: number, chunkSize: number): Promise<void> {
    await this.discardGrowth()
    const growth = await StoredGrowth.begin(this.files.parts, size, chunkSize, this.#log)
    await this.#data.truncate(size)
    this.#held = new Bitmap(growth.manifest.chunks)
    this.#growth = growth
    // Without a state all would be hashed after a kill, and a chunk that no log names yet be held without a source.
    await this.sync()
  }

  addPart(part: SignedPart, membership: Uint8Array): { known: readonly number[]; lost: readonly number[] } {
    if (this.growing === undefined) throw new ManifestMissingError(`${this.key} has no manifest that grows`)
    const { known, changed } = this.#growth?.add(part, membership) ?? { known: [], changed: [] }
    return { known, lost: changed.filter((index) => this.#held.delete(index)) }
  }

  async discardGrowth(): Promise<void> {
    const growth = this.#growth
    if (this.#manifest !== undefined || growth === undefined) return
    this.#forgetGrowth()
    await growth.remove()
    await this.#data.truncate(0)
    await this.sync()
  }

  async writeChunk(index: number, bytes: Uint8Array, source: ChunkSource): Promise<number[]> {
    this.#checkOpen()
    const manifest = this.#known()
    const held = this.#held
    if (!isChunk(manifest, index, bytes)) {
      this.counters.chunksRefused++
      throw new ChunkMismatchError(`The bytes from ${source} are not chunk ${index} of ${this.key}`)
    }
    this.counters.chunksVerified++
    const others = this.find(leafDigest(manifest, index)).filter((other) => other !== index)
    const wanted = [index, ...others].filter((at) => !this.#held.has(at))
    const written: number[] = []
    try {
      for (const at of wanted) {
        await writeFully(this.#data, bytes, leafOffset(manifest, at), this.files.data)
        written.push(at)
      }
    } finally {
      // Those that found room are kept when the next one did not.
      if (held === this.#held) await this.#arrived(written, index, source)
    }
    return written
  }

  async readChunk(index: number, signal?: AbortSignal, into?: Buffer): Promise<Uint8Array> {
    this.#checkOpen()
    signal?.throwIfAborted()
    if (!this.#held.has(index)) throw new ChunkMissingError(`Chunk ${index} of ${this.key} is not held`)
    const manifest = this.#known()
    const expected = leafLength(manifest, index)
    const bytes = into?.length === expected ? into : Buffer.allocUnsafeSlow(expected)
    const length = await readFully(this.#data, bytes, leafOffset(manifest, index))
    if (length === bytes.length) return bytes
    throw new ChunkMissingError(`${this.files.data} ends within chunk ${index}: somebody made it shorter`)
  }

  async drop(index: number): Promise<void> {
    this.#checkOpen()
    if (this.#held.delete(index)) await this.sync()
  }

  async rehash(signal?: AbortSignal): Promise<number[]> {
    this.#checkOpen()
    const outline = this.#outline
    if (outline === undefined) return []
    const wrong = await wrongChunks(this.#data, outline, this.#held, signal)
    for (const index of wrong) this.#held.delete(index)
    if (wrong.length > 0) {
      this.#log.warn({ artifact: this.key, chunks: wrong }, 'Chunks on disk were wrong and are dropped')
      await this.sync()
    }
    return wrong
  }

  onHeld(listener: (indexes: readonly number[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async beginIngest(
    size: number | undefined,
    chunking: number | Chunking,
    signal?: AbortSignal,
  ): Promise<Ingest> {
    this.#checkOpen()
    if (this.#manifest !== undefined || this.#ingest !== undefined) {
      throw new ManifestConflictError(`${this.key} has a manifest or an ingest already`)
    }
    if (this.#growth?.manifest.ownGeneration === undefined) await this.#takeOver(size, chunkingOf(chunking))
    this.#generation = Math.max(Date.now(), this.#generation + 1)
    this.#forgetGrowth()
    const { strategy, size: chunkSize } = chunkingOf(chunking)
    if (size !== undefined && strategy === 'Fixed') this.#growOwn(size, chunkSize)
    const ingest = new FileIngest({
      files: this.files,
      data: this.#data,
      size,
      chunking: chunkingOf(chunking),
      onChunk: (bytes) => countArrival(this.counters, 'origin', bytes),
      onLeaf: (index, digest) => this.#read(index, digest),
      adopt: (manifest) => this.#adopt(manifest, true),
      onDiscard: () => this.#forgetGrowth(),
      onEnd: () => {
        this.#ingest = undefined
      },
    })
    this.#ingest = ingest
    await ingest.resume(signal)
    const { bytesFromOrigin, bytesFromPeers, bytesFromCache } = this.counters
    const unexplained = ingest.resumeOffset - bytesFromPeers - bytesFromCache
    this.counters.bytesFromOrigin = Math.max(bytesFromOrigin, unexplained)
    return ingest
  }

  sync(): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#state.sync()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#ingest?.close()
    await this.#state.sync().catch((error: unknown) => this.#warnSync(error))
    await this.#growth?.close()
    await this.#arrivals.close()
    await this.#data.close()
  }

  /** What peers gave of a file that another seeder had begun to read: the ingest goes on behind its first hole. */
  async #takeOver(size: number | undefined, chunking: Chunking): Promise<void> {
    const growth = this.#growth
    const growing = growth?.manifest
    const same =
      size === growing?.size && chunking.strategy === 'Fixed' && chunking.size === growing?.chunkSize
    if (growth === undefined || growing === undefined || !same) return this.discardGrowth()
    await IngestLog.write(this.files.ingest, chunking, firstDigests(growing, this.#held))
    this.#forgetGrowth()
    await growth.remove()
  }

  #growOwn(size: number, chunkSize: number): void {
    this.#growth = StoredGrowth.own(size, chunkSize, this.#generation, this.#log)
    this.#held = new Bitmap(this.#growth.manifest.chunks)
  }

  #forgetGrowth(): void {
    this.#growth = undefined
    this.#held = new Bitmap(0)
  }

  /** The ingest has hashed and written a chunk: it can be had at once. */
  #read(index: number, digest: Uint8Array): void {
    const growing = this.#growth?.manifest
    if (growing === undefined || index >= growing.chunks) return
    growing.note(index, digest)
    this.#held.add(index)
    this.#state.add([index])
    for (const listener of this.#listeners) listener([index])
  }

  async #arrived(written: readonly number[], wanted: number, source: ChunkSource): Promise<void> {
    const news = written.filter((at) => this.#held.add(at))
    if (news.length === 0) return
    if (news.includes(wanted)) countArrival(this.counters, source, this.chunkLength(wanted))
    this.#state.add(news)
    // Bitmap, counters and log grow in the same turn: a sync that runs between two chunks sees all of it or nothing.
    const arrivals = news.map((at): Arrival => ({ index: at, source: at === wanted ? source : 'copy' }))
    await this.#arrivals.append(arrivals).catch((error: unknown) => {
      this.#log.debug({ artifact: this.key, err: error }, 'Could not note the arrival of chunks')
    })
    for (const listener of this.#listeners) listener(news)
    if (this.complete) void this.#syncInBackground()
  }

  /** State before manifest: a manifest without a state means that everything must be hashed again. */
  async #adopt(manifest: Manifest, complete: boolean): Promise<void> {
    // Without a manifest a file may be here all the same: of which the manifest was damaged.
    const growing = this.#growth?.manifest
    const held =
      complete || growing ? stillHeld(this.#held, growing, manifest) : await salvage(this.#data, manifest)
    const news = complete ? [...Array(held.size).keys()].filter((index) => held.add(index)) : []
    const [bitmap, counters] = [held.toBytes(), { ...this.counters }]
    await this.#data.truncate(manifest.size)
    await this.#data.datasync()
    await this.#state.write({ cid: manifest.cid, counters, usedAt: this.#usedAt, bitmap })
    await replaceDurably(this.files.manifest, encodeManifest(manifest))
    await rm(this.files.ingest, { force: true })
    this.#held = held
    this.#manifest = manifest
    const growth = this.#growth
    this.#growth = undefined
    await growth?.remove()
    if (complete) for (const listener of this.#listeners) listener(news)
  }

  async #syncInBackground(): Promise<void> {
    await this.sync().catch((error: unknown) => this.#warnSync(error))
  }

  #warnSync(error: unknown): void {
    this.#log.warn({ artifact: this.key, err: error }, 'Could not sync an artifact; it is tried again')
  }

  get #outline(): ManifestParts | undefined {
    return this.#manifest ?? this.#growth?.manifest
  }

  #known(): ManifestParts {
    const outline = this.#outline
    if (outline === undefined) throw new ManifestMissingError(`${this.key} has no manifest yet`)
    return outline
  }

  #checkOpen(): void {
    if (this.#closed) throw new ArtifactClosedError(`${this.key} is closed`)
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
