// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { FileHandle } from 'node:fs/promises'
import { chunkingOf } from '../manifest/chunking.ts'
import type { Chunking } from '../manifest/types.ts'
import type { Arrivals } from './arrivals.ts'
import type { ArtifactFiles } from './artifact-files.ts'
import type { Contents } from './contents.ts'
import { ManifestConflictError } from './errors.ts'
import { FileIngest } from './ingest.ts'
import { countArrival } from './recover.ts'
import type { StoredOutline } from './stored-outline.ts'
import type { ArtifactCounters, Ingest } from './types.ts'

/** What reading the file here needs of its artifact. */
interface OwnIngestParts {
  readonly key: string
  readonly files: ArtifactFiles
  readonly data: FileHandle
  readonly contents: Contents
  readonly outline: StoredOutline
  readonly arrivals: Arrivals
}

/** The file as this node reads it itself, before there is a manifest: one ingest at a time. */
export class OwnIngest {
  readonly #parts: OwnIngestParts
  #ingest: FileIngest | undefined

  constructor(parts: OwnIngestParts) {
    this.#parts = parts
  }

  get isUnderWay(): boolean {
    return this.#ingest !== undefined
  }

  /** @throws ManifestConflictError */
  async begin(
    size: number | undefined,
    chunking: number | Chunking,
    signal: AbortSignal | undefined,
  ): Promise<Ingest> {
    const { key, contents, outline } = this.#parts
    if (contents.manifest !== undefined || this.#ingest !== undefined) {
      throw new ManifestConflictError(`${key} has a manifest or an ingest already`)
    }
    const cut = chunkingOf(chunking)
    await outline.growOwn(size, cut)
    const ingest = this.#create(size, cut)
    this.#ingest = ingest
    await ingest.resume(signal)
    countResumed(contents.counters, ingest.resumeOffset)
    return ingest
  }

  async close(): Promise<void> {
    await this.#ingest?.close()
  }

  #create(size: number | undefined, chunking: Chunking): FileIngest {
    const { files, data, contents, outline, arrivals } = this.#parts
    return new FileIngest({
      files,
      data,
      size,
      chunking,
      onChunk: (bytes) => countArrival(contents.counters, 'origin', bytes),
      onLeaf: (index, digest) => arrivals.ingested(index, digest),
      adopt: (manifest) => outline.complete(manifest),
      onDiscard: () => contents.forget(),
      onEnd: () => {
        this.#ingest = undefined
      },
    })
  }
}

/** What is here already and nobody else brought came from the origin, whether or not the counters were synced since. */
function countResumed(counters: ArtifactCounters, resumed: number): void {
  const { bytesFromOrigin, bytesFromPeers, bytesFromCache } = counters
  counters.bytesFromOrigin = Math.max(bytesFromOrigin, resumed - bytesFromPeers - bytesFromCache)
}
