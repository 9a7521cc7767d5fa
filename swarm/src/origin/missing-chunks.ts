// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/types.ts'
import type { RangeSink } from './range-requests.ts'

/** What is read in one go before it is looked again what is still missing. */
const RUN_BYTES = 16 * 1024 * 1024

/** The first chunks that an artifact lacks, as a stretch of the file: each is verified by its digest before it is stored. */
export class MissingChunks implements RangeSink {
  readonly start: number
  /** First byte that is not wanted. */
  readonly end: number
  readonly #artifact: StoredArtifact
  #index: number
  #buffer: Buffer
  #filled = 0
  #offset: number

  private constructor(artifact: StoredArtifact, first: number, start: number, end: number) {
    this.#artifact = artifact
    this.#index = first
    this.#offset = start
    this.start = start
    this.end = end
    this.#buffer = Buffer.allocUnsafe(artifact.chunkLength(first))
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
    return this.#offset
  }

  /** @throws ChunkMismatchError when the origin has another file; NoSpaceError */
  async write(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const part = bytes.subarray(taken, taken + this.#buffer.length - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.length
      taken += part.length
      this.#offset += part.length
      if (this.#filled === this.#buffer.length) await this.#endChunk()
    }
  }

  async #endChunk(): Promise<void> {
    // A peer may have brought it meanwhile.
    if (!this.#artifact.has(this.#index)) {
      await this.#artifact.writeChunk(this.#index, this.#buffer, 'origin')
    }
    this.#index += 1
    this.#filled = 0
    if (this.#offset < this.end) this.#buffer = Buffer.allocUnsafe(this.#artifact.chunkLength(this.#index))
  }
}
