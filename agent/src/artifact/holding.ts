// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Store, StoredArtifact } from '@patchswarm/swarm/store'
import type { Logger } from 'pino'
import type { Ingestion } from '../origin/ingestion.ts'
import type { Participation } from './participation.ts'

export interface HoldingParts {
  readonly store: Store
  readonly swarm: Participation
  readonly swarmId: Uint8Array
  readonly ingestion: Ingestion | undefined
  readonly log: Logger
  /** What is believed of it, or what is here, is another now. */
  readonly onChange: () => void
}

/** What is on disk of one artifact, and what is believed of it; its swarm is told of every change. */
export class Holding {
  readonly #parts: HoldingParts
  #stored: StoredArtifact | undefined
  #refuted = false

  constructor(parts: HoldingParts) {
    this.#parts = parts
  }

  /** Undefined before it was opened, and after it was removed. */
  get opened(): StoredArtifact | undefined {
    return this.#stored
  }

  async open(): Promise<StoredArtifact> {
    if (this.#stored === undefined) {
      const { store, swarmId, ingestion } = this.#parts
      const stored = await store.open(swarmId)
      await ingestion?.recall(stored)
      this.#stored = stored
    }
    return this.#stored
  }

  /** Every chunk is here that its manifest names, known for good or not. */
  get whole(): boolean {
    const stored = this.#stored
    return stored !== undefined && stored.chunks > 0 && stored.chunksHeld === stored.chunks
  }

  /** All that there was of it was another file than the digest says, and nothing has come since. */
  get refuted(): boolean {
    return this.#refuted && this.#stored?.growing === undefined
  }

  /** The whole has the digest: a manifest that grew is the right one. */
  async prove(): Promise<void> {
    const stored = await this.open()
    const grown = stored.growing?.toManifest()
    if (grown === undefined) return
    await (this.#parts.swarm.joined?.prove() ?? stored.setManifest(grown))
    this.#parts.onChange()
  }

  /**
   * The whole has not the digest. What grew is given up, and nothing of it is taken again.
   * @returns false when the manifest is known for good
   */
  async refute(): Promise<boolean> {
    const stored = await this.open()
    if (stored.growing === undefined) return false
    this.#parts.log.warn('what the seeder read is not the file of the digest: all of it is discarded')
    this.#refuted = true
    await (this.#parts.swarm.joined?.refute() ?? stored.discardGrowth())
    this.#parts.onChange()
    return true
  }

  /** Whether the store knows that the file is not on disk any more. */
  async isLost(): Promise<boolean> {
    const { key } = await this.open()
    const { lost } = await this.#parts.store.usage()
    return lost.includes(key)
  }

  /** Hashes what is here again; what is wrong is fetched anew. @returns whether anything was */
  async rehash(): Promise<boolean> {
    const stored = await this.open()
    const dropped = await stored.rehash()
    this.#parts.log.warn({ chunks: dropped.length }, 'chunks on disk were wrong and are fetched again')
    this.#parts.onChange()
    return dropped.length > 0
  }

  /** The file that is open is not the one on disk any more. */
  async reopen(): Promise<void> {
    this.#parts.swarm.leave()
    try {
      this.#stored = await this.#parts.store.reopen(this.#parts.swarmId)
    } catch (error) {
      // What is closed by then is not to be taken for what is here.
      this.#stored = undefined
      throw error
    }
  }

  async remove(): Promise<void> {
    this.#parts.swarm.leave()
    await this.#parts.store.remove(this.#parts.swarmId)
    this.#stored = undefined
  }
}
