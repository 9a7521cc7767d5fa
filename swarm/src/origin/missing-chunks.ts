// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/types.ts'
import { ChunkFiller } from './chunk-filler.ts'
import type { RangeSink } from './range-requests.ts'

/** What is read in one go before it is looked again what is still missing. */
const RUN_BYTES = 16 * 1024 * 1024

/** The first chunks that an artifact lacks, as a stretch of the file: each is verified by its digest before it is stored. */
export class MissingChunks implements RangeSink {
  readonly start: number
  /** First byte that is not wanted. */
  readonly end: number
  readonly #artifact: StoredArtifact
  readonly #filler: ChunkFiller
  #index: number

  private constructor(artifact: StoredArtifact, first: number, start: number, end: number) {
    this.#artifact = artifact
    this.#index = first
    this.start = start
    this.end = end
    this.#filler = new ChunkFiller(
      start,
      (offset) => (offset < end ? artifact.chunkLength(this.#index) : 0),
      (bytes) => this.#take(bytes),
    )
  }

  /** Undefined when nothing is missing of what has a digest. */
  static of(artifact: StoredArtifact): MissingChunks | undefined {
    let offset = 0
    let found: { first: number; start: number } | undefined
    for (let index = 0; index < artifact.chunks; index++) {
      const isMissing = !artifact.has(index) && (artifact.growing?.isKnown(index) ?? true)
      if (isMissing) found ??= { first: index, start: offset }
      if (found && (!isMissing || offset - found.start >= RUN_BYTES)) break
      offset += artifact.chunkLength(index)
    }
    return found && new MissingChunks(artifact, found.first, found.start, offset)
  }

  get offset(): number {
    return this.#filler.offset
  }

  /** @throws ChunkMismatchError when the origin has another file; NoSpaceError */
  write(bytes: Uint8Array): Promise<void> {
    return this.#filler.write(bytes)
  }

  async #take(bytes: Buffer): Promise<void> {
    // A peer may have brought it meanwhile.
    if (!this.#artifact.has(this.#index)) {
      await this.#artifact.writeChunk(this.#index, bytes, 'origin')
    }
    this.#index += 1
  }
}
