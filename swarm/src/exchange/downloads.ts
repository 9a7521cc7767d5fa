// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PolicyEvent, PolicyState } from '../policy/index.ts'
import { ChunkMismatchError, type StoredArtifact } from '../store/index.ts'
import type { RateMeter } from './rate-meter.ts'
import type { Session } from './session.ts'
import type { SwarmHost } from './types.ts'

export interface DownloadsInit extends Pick<SwarmHost, 'pool' | 'limits' | 'now' | 'strike'> {
  readonly artifact: StoredArtifact
  readonly down: RateMeter
  /** A chunk could not be stored, through no fault of the peer. */
  readonly onStoreError: (error: Error) => void
}

/** Who decides what comes next. */
export interface DownloadsOwner {
  readonly policy: PolicyState
  feed(event: PolicyEvent): void
}

/** Chunks that have come whole: verified and stored as soon as the download limit lets them, and counted. */
export class Downloads {
  readonly #init: DownloadsInit
  readonly #owner: DownloadsOwner
  duplicates = 0
  /** Verified payload that came from other sites. */
  bytesAcross = 0

  constructor(init: DownloadsInit, owner: DownloadsOwner) {
    this.#init = init
    this.#owner = owner
  }

  received(session: Session, chunk: number, bytes: Buffer): void {
    session.asked.answered(chunk)
    const turn = this.#init.limits.download.take(bytes.length)
    if (turn === undefined) {
      this.#owner.feed({ type: 'received', peer: session.peerId, chunk })
      void session.writing(this.#store(session, chunk, bytes))
    } else {
      this.#owner.feed({ type: 'heldBack', peer: session.peerId, chunk })
      void session.writing(this.#storeAfter(turn, session, chunk, bytes))
    }
  }

  /** Nothing holds a sender back but that it is not asked for more: what is asked for waits here for the download limit. */
  async #storeAfter(turn: Promise<void>, session: Session, chunk: number, bytes: Buffer): Promise<void> {
    await turn
    this.#owner.feed({ type: 'received', peer: session.peerId, chunk })
    await this.#store(session, chunk, bytes)
  }

  async #store(session: Session, chunk: number, bytes: Buffer): Promise<void> {
    const { artifact, down, now, pool } = this.#init
    try {
      const stored = await artifact.writeChunk(chunk, bytes, 'peers')
      down.add(bytes.length, now())
      session.bytesDown += bytes.length
      const from = this.#owner.policy.neighbours.get(session.peerId)
      this.bytesAcross += from?.across ? bytes.length : 0
      if (!artifact.has(chunk)) {
        // Another chunk is wanted in its place since a moment ago, or none.
        this.#owner.feed({ type: 'refused', chunk })
      } else if (stored.length === 0) this.duplicates += 1
      if (from?.suspect) {
        this.#owner.feed({ type: 'right', peer: session.peerId })
      }
    } catch (error) {
      this.#owner.feed({ type: 'refused', chunk })
      if (error instanceof ChunkMismatchError) {
        session.link.send({ type: 'wrong', chunk })
        this.#owner.feed({ type: 'wrong', peer: session.peerId, chunk })
        this.#init.strike(session.peerId, `chunk ${chunk} of ${artifact.key} is wrong`)
      } else {
        this.#init.onStoreError(error as Error)
      }
    } finally {
      pool.give(bytes)
    }
  }
}
