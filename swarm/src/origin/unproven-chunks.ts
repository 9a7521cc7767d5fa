// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import type { StoredArtifact } from '../store/types.ts'
import { ChunkFiller } from './chunk-filler.ts'
import type { RangeSink } from './range-requests.ts'

/** Kept in memory until it is known what they are; then the origin has to wait. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024

export interface UnprovenChunksInit {
  readonly artifact: Pick<StoredArtifact, 'has' | 'writeChunk'>
  readonly size: number
  readonly chunkSize: number
  /** First byte, at the beginning of a chunk, and the first one that is not wanted. */
  readonly start: number
  readonly end: number
  /** Says what was read here; resolves when the manifest says what the chunk is. */
  readonly state: (chunk: number, digest: Uint8Array) => Promise<void>
}

/** A stretch of a file whose digests nobody knows yet: each chunk is stored once a seeder has signed what it is. */
export class UnprovenChunks implements RangeSink {
  readonly #init: UnprovenChunksInit
  readonly #waiting = new Set<Promise<void>>()
  #waitingBytes = 0
  #failed: { error: unknown } | undefined
  readonly #filler: ChunkFiller

  constructor(init: UnprovenChunksInit) {
    this.#init = init
    const { start, end, chunkSize } = init
    this.#filler = new ChunkFiller(
      start,
      (offset) => Math.min(chunkSize, end - offset),
      (bytes) => this.#take(bytes),
    )
  }

  get offset(): number {
    return this.#filler.offset
  }

  /** @throws ChunkMismatchError when the manifest says that a chunk is another; NoSpaceError; the rejection of `state` */
  write(bytes: Uint8Array): Promise<void> {
    return this.#filler.write(bytes)
  }

  /** Resolves when all chunks are stored. @throws as `write` */
  async settle(): Promise<void> {
    await Promise.all(this.#waiting)
    this.#check()
  }

  async #take(bytes: Buffer): Promise<void> {
    this.#waitingBytes += bytes.length
    const chunk = Math.floor((this.offset - bytes.length) / this.#init.chunkSize)
    const stored = this.#store(chunk, bytes)
      .catch((error: unknown) => {
        this.#failed ??= { error }
      })
      .finally(() => {
        this.#waiting.delete(stored)
        this.#waitingBytes -= bytes.length
      })
    this.#waiting.add(stored)
    while (this.#waitingBytes > MOST_WAITING_BYTES) await Promise.race(this.#waiting)
    this.#check()
  }

  async #store(chunk: number, bytes: Buffer): Promise<void> {
    const { artifact, state } = this.#init
    // A peer may have brought it meanwhile.
    if (artifact.has(chunk)) return
    await state(chunk, hash('sha256', bytes, 'buffer'))
    if (!artifact.has(chunk)) await artifact.writeChunk(chunk, bytes, 'origin')
  }

  #check(): void {
    if (this.#failed !== undefined) throw this.#failed.error
  }
}
