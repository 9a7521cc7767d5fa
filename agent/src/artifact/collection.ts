// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { JoinedSwarm } from '@patchswarm/swarm/exchange'
import { chooseChunkSize } from '@patchswarm/swarm/manifest'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import { salvage } from '../origin/salvage.ts'
import { sha256Of } from './first-use.ts'

export interface CollectionParts {
  readonly stored: StoredArtifact
  readonly wish: () => Artifact
  readonly joined: () => JoinedSwarm | undefined
  readonly log: Logger
  /** Every chunk is here, and the whole has this SHA-256 (hex). */
  readonly onWhole: (sha256: string) => Promise<void>
  /** It may be said now what nobody has. */
  readonly onReady: () => void
}

/**
 * A seeder that does not read the origin: agents read ranges of it, this node signs what they say the leaves are, fetches the
 * chunks like anybody else, and hashes the whole.
 */
export class Collection {
  readonly #parts: CollectionParts
  readonly #abort = new AbortController()
  #generation = Date.now()
  readonly #unsubscribe: () => void
  #ready = false
  #hashing: Promise<void> | undefined

  constructor(parts: CollectionParts) {
    this.#parts = parts
    this.#unsubscribe = parts.stored.onHeld(() => this.#look())
    void this.#begin()
  }

  /** Who reads now. */
  update(): void {
    const { readers, size, chunkSize } = this.#parts.wish()
    this.#parts.joined()?.collect({
      readers: new Set(readers),
      size,
      chunkSize: chunkSize || chooseChunkSize(size, 'Fixed'),
      generation: this.#generation,
    })
    this.#look()
  }

  /** Chunks that nobody has who is to be seen: first, count, first, count …; undefined before this node has looked around. */
  absent(): number[] | undefined {
    return this.#ready ? this.#parts.joined()?.absent().flat() : undefined
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#abort.abort(new Error('the artifact is not collected any more'))
    await this.#hashing
  }

  /** What peers have from before must not be read again. */
  async #begin(): Promise<void> {
    const { stored, wish, joined, onReady } = this.#parts
    const { signal } = this.#abort
    if (wish().origin?.begun && !stored.complete) {
      const look = () => ({
        bytesHeld: stored.bytesHeld,
        usefulPeers: joined()?.statistics().usefulPeers ?? 0,
      })
      await salvage(look, signal)
    }
    if (signal.aborted) return
    this.#ready = true
    onReady()
  }

  #look(): void {
    const { stored } = this.#parts
    const isWhole = stored.growing !== undefined && stored.chunks > 0 && stored.chunksHeld === stored.chunks
    if (!isWhole || this.#hashing !== undefined || this.#abort.signal.aborted) return
    this.#hashing = this.#hash().finally(() => {
      this.#hashing = undefined
    })
  }

  async #hash(): Promise<void> {
    const { stored, onWhole, log } = this.#parts
    try {
      await onWhole(await sha256Of(stored.dataPath, this.#abort.signal))
      // If it was another file, nothing that was signed so far is believed again.
      this.#generation = Date.now()
    } catch (error) {
      if (!this.#abort.signal.aborted) log.error({ err: error }, 'the whole could not be hashed')
    }
  }
}
