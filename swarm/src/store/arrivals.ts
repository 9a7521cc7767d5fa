// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'
import { leafLength } from '../manifest/layout.ts'
import type { Arrival, ArrivalLog } from './arrival-log.ts'
import type { Contents } from './contents.ts'
import { countArrival } from './recover.ts'
import type { SyncedState } from './synced-state.ts'
import type { ChunkSource } from './types.ts'

interface ArrivalsParts {
  readonly contents: Contents
  readonly state: SyncedState
  readonly arrivalLog: ArrivalLog
  /** Every chunk is held now. */
  readonly onComplete: () => void
  readonly log: Logger
}

/** Chunks that lie in the data file now: held, counted, noted and told of. */
export class Arrivals {
  readonly #parts: ArrivalsParts
  readonly #listeners = new Set<(indexes: readonly number[]) => void>()

  constructor(parts: ArrivalsParts) {
    this.#parts = parts
  }

  onHeld(listener: (indexes: readonly number[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(indexes: readonly number[]): void {
    for (const listener of this.#listeners) listener(indexes)
  }

  /** The ingest has hashed and written a chunk: it can be had at once. */
  ingested(index: number, digest: Uint8Array): void {
    const { contents, state } = this.#parts
    const growing = contents.growth?.manifest
    if (growing === undefined || index >= growing.chunks) return
    growing.note(index, digest)
    contents.held.add(index)
    state.add([index])
    this.tell([index])
  }

  /**
   * @param digest of the bytes that were written
   * @param wanted of those that were written the one that came; the others have the same bytes
   */
  async written(
    indexes: readonly number[],
    digest: Uint8Array,
    wanted: number,
    source: ChunkSource,
  ): Promise<void> {
    const { contents, state, arrivalLog, onComplete, log } = this.#parts
    // A later generation may have changed a leaf while it was written, and what came of that since lies below these bytes.
    contents.lose(indexes.filter((at) => !contents.isLeaf(at, digest)))
    const news = indexes.filter((at) => contents.isLeaf(at, digest) && contents.held.add(at))
    if (news.length === 0) return
    if (contents.outline !== undefined && news.includes(wanted)) {
      countArrival(contents.counters, source, leafLength(contents.outline, wanted))
    }
    state.add(news)
    // Bitmap, counters and log grow in the same turn: a sync that runs between two chunks sees all of it or nothing.
    const arrivals = news.map((at): Arrival => ({ index: at, source: at === wanted ? source : 'copy' }))
    await arrivalLog.append(arrivals).catch((error: unknown) => {
      log.debug({ err: error }, 'Could not note the arrival of chunks')
    })
    this.tell(news)
    // A sync that failed meanwhile has taken them back, before anybody knew of them.
    contents.tellLost(news.filter((at) => !contents.held.has(at)))
    if (contents.complete) onComplete()
  }
}
