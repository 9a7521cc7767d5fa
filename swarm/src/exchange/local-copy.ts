// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'
import { ChunkMismatchError, type StoredArtifact } from '../store/index.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { LocalChunks, Place } from './local-chunks.ts'

export interface LocalCopyInit {
  readonly artifact: StoredArtifact
  readonly local: LocalChunks
  readonly pool: BufferPool
  readonly log: Logger
  /** The bytes are not on this node after all: a peer must send them. */
  readonly onMissing: (chunk: number) => void
  /** The artifact holds other bytes than its manifest says. Called once an artifact. */
  readonly onDoubt: (artifact: StoredArtifact) => void
  /** The chunk could not be stored. Copying stands still; `start` tries again. */
  readonly onStoreError: (error: Error) => void
}

/** Chunks in memory at once: while one is written the next is read. */
const lanes = 2

/** Copies the chunks that lie on this node already, each verified as if a peer had sent it. */
export class LocalCopy {
  readonly #init: LocalCopyInit
  readonly #pending: Set<number>
  readonly #doubted = new Set<StoredArtifact>()
  #copied = 0
  #run: AbortController | undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(init: LocalCopyInit) {
    this.#init = init
    this.#pending = new Set(init.local.find())
  }

  /** Chunks that are neither copied nor reported as missing yet. */
  get pending(): readonly number[] {
    return [...this.#pending]
  }

  /** Looks for chunks whose digests have just become known. @returns those that are copied from now on */
  add(chunks: readonly number[]): readonly number[] {
    const found = this.#init.local.find(chunks)
    for (const chunk of found) this.#pending.add(chunk)
    if (found.length > 0 && this.#run !== undefined) {
      this.stop()
      this.start()
    }
    return found
  }

  /** Begins, or goes on where it stood. Does nothing while it runs. */
  start(): void {
    if (this.#run !== undefined) return
    const run = new AbortController()
    this.#run = run
    this.#ended = this.#ended.then(() => this.#copyAll(run.signal))
  }

  /** Safe to call twice. What is being written at that moment is still written. */
  stop(): void {
    this.#run?.abort()
    this.#run = undefined
  }

  async #copyAll(signal: AbortSignal): Promise<void> {
    if (this.#pending.size === 0) return
    const chunks = this.#pending.values()
    await Promise.all(Array.from({ length: lanes }, () => this.#lane(chunks, signal)))
    if (this.#pending.size > 0) return
    const { artifact, log } = this.#init
    // While the manifest grows they come one by one.
    const level = artifact.growing === undefined ? 'info' : 'debug'
    log[level]({ swarm: artifact.key, chunks: this.#copied }, 'Chunks that were on this node are copied')
  }

  async #lane(chunks: Iterator<number>, signal: AbortSignal): Promise<void> {
    for (let next = chunks.next(); !(signal.aborted || next.done); next = chunks.next()) {
      try {
        await this.#settle(next.value, signal)
      } catch (error) {
        if (signal.aborted) return
        this.stop()
        this.#init.onStoreError(error as Error)
      }
    }
  }

  async #settle(chunk: number, signal: AbortSignal): Promise<void> {
    const copied = await this.#copy(chunk, signal)
    if (!copied && signal.aborted) return
    this.#pending.delete(chunk)
    this.#copied += copied ? 1 : 0
    if (!copied) this.#init.onMissing(chunk)
  }

  /** @returns whether it is held now @throws NoSpaceError, or whatever else hinders the store */
  async #copy(chunk: number, signal: AbortSignal): Promise<boolean> {
    const { artifact, local, pool } = this.#init
    for (const place of local.places(chunk)) {
      if (signal.aborted || local.isHeld(chunk)) break
      const buffer = pool.take(artifact.chunkLength(chunk))
      try {
        if (await this.#read(place, buffer, signal)) await artifact.writeChunk(chunk, buffer, 'cache')
      } catch (error) {
        if (!(error instanceof ChunkMismatchError)) throw error
        this.#doubt(place)
      } finally {
        pool.give(buffer)
      }
    }
    return local.isHeld(chunk)
  }

  /** An artifact that is removed meanwhile, or a disk that does not read, is no place any more. */
  async #read(place: Place, into: Buffer, signal: AbortSignal): Promise<boolean> {
    if (place === 'zeros') {
      into.fill(0)
      return true
    }
    try {
      await place.artifact.readChunk(place.index, signal, into)
      return true
    } catch (error) {
      const { key } = place.artifact
      if (!signal.aborted) this.#init.log.warn({ err: error, artifact: key }, 'A chunk could not be copied')
      return false
    }
  }

  #doubt(place: Place): void {
    if (place === 'zeros' || this.#doubted.has(place.artifact)) return
    this.#doubted.add(place.artifact)
    this.#init.onDoubt(place.artifact)
  }
}
