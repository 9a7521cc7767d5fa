// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { ManifestParts } from '../manifest/dag.ts'
import type { GrowingManifest } from '../manifest/growing-manifest.ts'
import { leafLength, leafOffset } from '../manifest/layout.ts'
import { leafDigest } from '../manifest/manifest.ts'
import type { SignedPart } from '../manifest/signed-part.ts'
import { swarmKey } from '../manifest/swarm-id.ts'
import type { Chunking, Manifest } from '../manifest/types.ts'
import { ArrivalLog } from './arrival-log.ts'
import { Arrivals } from './arrivals.ts'
import { type ArtifactFiles, artifactFiles } from './artifact-files.ts'
import { Contents } from './contents.ts'
import { readFully, writeFully } from './durable.ts'
import { ArtifactClosedError, ChunkMismatchError, ChunkMissingError, ManifestMissingError } from './errors.ts'
import { OwnIngest } from './own-ingest.ts'
import { type Recovered, recover } from './recover.ts'
import { StoredOutline } from './stored-outline.ts'
import { SyncedState } from './synced-state.ts'
import type { ArtifactCounters, ChunkSource, Ingest, StoredArtifact } from './types.ts'
import { isChunk, wrongChunks } from './verify.ts'

/** One artifact on disk. Data first, then bitmap: whatever the state file says was on the disk before it was written. */
export class FileArtifact implements StoredArtifact {
  readonly swarmId: Uint8Array
  readonly key: string
  readonly files: ArtifactFiles
  /** Of the data file that is open. */
  readonly inode: number
  readonly #data: FileHandle
  readonly #arrivalLog: ArrivalLog
  readonly #log: Logger
  readonly #contents: Contents
  readonly #state: SyncedState
  readonly #outline: StoredOutline
  readonly #arrivals: Arrivals
  readonly #ingest: OwnIngest
  readonly onLost: StoredArtifact['onLost'] = (listener) => this.#contents.onLost(listener)
  #closed = false

  private constructor(
    swarmId: Uint8Array,
    files: ArtifactFiles,
    parts: { data: FileHandle; inode: number; arrivalLog: ArrivalLog; recovered: Recovered; log: Logger },
  ) {
    this.swarmId = swarmId
    this.key = swarmKey(swarmId)
    this.files = files
    this.inode = parts.inode
    this.#data = parts.data
    this.#arrivalLog = parts.arrivalLog
    this.#log = parts.log
    this.#contents = new Contents(parts.recovered)
    this.#state = this.#createState()
    // A killed process wrote them and may not have synced them.
    this.#state.add(parts.recovered.rehashed)
    this.#outline = this.#createOutline()
    this.#arrivals = new Arrivals({
      contents: this.#contents,
      state: this.#state,
      arrivalLog: this.#arrivalLog,
      onComplete: () => void this.#syncInBackground(),
      log: this.#log.child({ artifact: this.key }),
    })
    this.#ingest = new OwnIngest({
      key: this.key,
      files: this.files,
      data: this.#data,
      contents: this.#contents,
      outline: this.#outline,
      arrivals: this.#arrivals,
    })
  }

  /** Opens the folder of an artifact, or makes it. */
  static async open(swarmId: Uint8Array, directory: string, log: Logger): Promise<FileArtifact> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const files = artifactFiles(directory)
    const data = await open(files.data, constants.O_RDWR | constants.O_CREAT, 0o600)
    const { log: arrivalLog, arrivals } = await ArrivalLog.open(files.arrivals)
    const recovered = await recover(files, data, arrivals, log)
    const { ino: inode } = await data.stat()
    const artifact = new FileArtifact(swarmId, files, { data, inode, arrivalLog, recovered, log })
    // Even when nothing was recovered: entries of the log that proved wrong should not be tried again.
    if (arrivals.length > 0) await artifact.#syncInBackground()
    return artifact
  }

  get manifest(): Manifest | undefined {
    return this.#contents.manifest
  }

  get growing(): GrowingManifest | undefined {
    return this.#contents.growing
  }

  get signers(): ReadonlyMap<string, Uint8Array> {
    return this.#contents.growth?.signers ?? new Map()
  }

  get chunks(): number {
    return this.#contents.held.size
  }

  get chunksHeld(): number {
    return this.#contents.held.count
  }

  get complete(): boolean {
    return this.#contents.complete
  }

  get bytesHeld(): number {
    return this.#contents.bytesHeld
  }

  get dataPath(): string {
    return this.files.data
  }

  get originPath(): string {
    return this.files.origin
  }

  get counters(): ArtifactCounters {
    return this.#contents.counters
  }

  get usedAt(): number {
    return this.#contents.usedAt
  }

  touch(now: number): void {
    this.#contents.touch(now)
  }

  has(index: number): boolean {
    return this.#contents.held.has(index)
  }

  bitmap(): Uint8Array {
    return this.#contents.held.toBytes()
  }

  chunkLength(index: number): number {
    return leafLength(this.#known(), index)
  }

  find(digest: Uint8Array): readonly number[] {
    return this.#contents.find(digest)
  }

  setManifest(manifest: Manifest): Promise<void> {
    return this.#outline.set(manifest)
  }

  grow(size: number, chunkSize: number): Promise<void> {
    return this.#outline.grow(size, chunkSize)
  }

  discardGrowth(): Promise<void> {
    return this.#outline.discardGrowth()
  }

  addPart(part: SignedPart, membership: Uint8Array): { known: readonly number[]; lost: readonly number[] } {
    if (this.growing === undefined) throw new ManifestMissingError(`${this.key} has no manifest that grows`)
    return this.#contents.add(part, membership)
  }

  async writeChunk(index: number, bytes: Uint8Array, source: ChunkSource): Promise<number[]> {
    this.#checkOpen()
    const manifest = this.#known()
    const { held } = this.#contents
    if (!isChunk(manifest, index, bytes)) {
      if (source !== 'origin') this.counters.chunksRefused++
      throw new ChunkMismatchError(`The bytes from ${source} are not chunk ${index} of ${this.key}`)
    }
    this.counters.chunksVerified++
    const digest = Uint8Array.from(leafDigest(manifest, index))
    const others = this.find(digest).filter((other) => other !== index)
    const wanted = [index, ...others].filter((at) => !held.has(at))
    const written: number[] = []
    try {
      for (const at of wanted) {
        await writeFully(this.#data, bytes, leafOffset(manifest, at), this.files.data)
        written.push(at)
      }
    } finally {
      // Those that found room are kept when the next one did not.
      if (held === this.#contents.held) await this.#arrivals.written(written, digest, index, source)
    }
    return written.filter((at) => held.has(at))
  }

  async readChunk(index: number, signal?: AbortSignal, into?: Buffer): Promise<Uint8Array> {
    this.#checkOpen()
    signal?.throwIfAborted()
    if (!this.#contents.held.has(index))
      throw new ChunkMissingError(`Chunk ${index} of ${this.key} is not held`)
    const manifest = this.#known()
    const expected = leafLength(manifest, index)
    const bytes = into?.length === expected ? into : Buffer.allocUnsafeSlow(expected)
    const length = await readFully(this.#data, bytes, leafOffset(manifest, index))
    if (length === bytes.length) return bytes
    throw new ChunkMissingError(`${this.files.data} ends within chunk ${index}: somebody made it shorter`)
  }

  async drop(index: number): Promise<void> {
    this.#checkOpen()
    if (this.#contents.lose([index]).length > 0) await this.sync()
  }

  async rehash(signal?: AbortSignal): Promise<number[]> {
    this.#checkOpen()
    const { outline, held } = this.#contents
    if (outline === undefined) return []
    const wrong = await wrongChunks(this.#data, outline, held, signal)
    this.#contents.lose(wrong)
    if (wrong.length > 0) {
      this.#log.warn({ artifact: this.key, chunks: wrong }, 'Chunks on disk were wrong and are dropped')
      await this.sync()
    }
    return wrong
  }

  onHeld(listener: (indexes: readonly number[]) => void): () => void {
    return this.#arrivals.onHeld(listener)
  }

  async beginIngest(
    size: number | undefined,
    chunking: number | Chunking,
    signal?: AbortSignal,
  ): Promise<Ingest> {
    this.#checkOpen()
    return this.#ingest.begin(size, chunking, signal)
  }

  sync(): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#state.sync()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#ingest.close()
    await this.#state.sync().catch((error: unknown) => this.#warnSync(error))
    await this.#contents.growth?.close()
    await this.#arrivalLog.close()
    await this.#data.close()
  }

  #createState(): SyncedState {
    return new SyncedState({
      path: this.files.state,
      data: this.#data,
      arrivals: this.#arrivalLog,
      syncFirst: async () => this.#contents.growth?.sync(),
      state: () => this.#contents.state,
      onLost: (indexes) => this.#contents.lose(indexes),
    })
  }

  #createOutline(): StoredOutline {
    return new StoredOutline({
      key: this.key,
      files: this.files,
      data: this.#data,
      contents: this.#contents,
      state: this.#state,
      sync: () => this.sync(),
      checkOpen: () => this.#checkOpen(),
      isIngesting: () => this.#ingest.isUnderWay,
      onHeld: (indexes) => this.#arrivals.tell(indexes),
      log: this.#log,
    })
  }

  async #syncInBackground(): Promise<void> {
    await this.sync().catch((error: unknown) => this.#warnSync(error))
  }

  #warnSync(error: unknown): void {
    this.#log.warn({ artifact: this.key, err: error }, 'Could not sync an artifact; it is tried again')
  }

  #known(): ManifestParts {
    const { outline } = this.#contents
    if (outline === undefined) throw new ManifestMissingError(`${this.key} has no manifest yet`)
    return outline
  }

  #checkOpen(): void {
    if (this.#closed) throw new ArtifactClosedError(`${this.key} is closed`)
  }
}
