// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { type Leave, MissingChunks, readStretch, type SourceHealth } from '@patchswarm/swarm/origin'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { OriginParts } from './origin-parts.ts'
import { SourceBooks } from './source-books.ts'
import { StallClock } from './stall-clock.ts'

const LOOK_MS = 500
const RETRY_MS = 15_000

/** An artifact that this node is fetching from peers. */
export interface Fetched {
  readonly wish: Artifact
  readonly stored: StoredArtifact
  /** Connected peers that hold something this node lacks, or deal. */
  usefulPeers(): number
}

interface Watch {
  readonly abort: AbortController
  readonly ended: Promise<void>
}

/**
 * Reads from the origin what no peer has, where the profile lets agents do so (`origin.fallback: AfterStall`). It begins
 * when nothing has moved for the time that the wish says, and ends when a peer comes that has something.
 */
export class OriginFallback {
  readonly #parts: OriginParts
  readonly #watches = new Map<string, Watch>()
  readonly #leaves = new Map<string, Leave>()
  readonly #books = new SourceBooks()

  constructor(parts: OriginParts) {
    this.#parts = parts
  }

  /** Watches unless it does so already. Does nothing for a wish that names no origin. */
  watch(fetched: Fetched): void {
    const { key } = fetched.stored
    if (this.#watches.has(key) || !fetched.wish.origin?.afterStallMs) return
    const abort = new AbortController()
    const ended = this.#watch(fetched, abort.signal).finally(() => this.#watches.delete(key))
    this.#watches.set(key, { abort, ended })
  }

  /** Stops; what was granted and not used is kept for the next time. */
  async stop(key: string): Promise<void> {
    const watch = this.#watches.get(key)
    watch?.abort.abort(new Error('the artifact is not to be read now'))
    await watch?.ended
  }

  async forget(key: string): Promise<void> {
    await this.stop(key)
    this.#leaves.delete(key)
    this.#books.forget(key)
  }

  /** What is known of each source that was tried. */
  health(key: string): SourceHealth[] {
    return this.#books.health(key)
  }

  /** Never rejects. */
  async #watch(fetched: Fetched, signal: AbortSignal): Promise<void> {
    const { wish, stored } = fetched
    const clock = new StallClock(performance.now())
    while (!signal.aborted && !stored.complete) {
      const standing = { bytesHeld: stored.bytesHeld, usefulPeers: fetched.usefulPeers() }
      const stalledMs = clock.look({ ...standing, now: performance.now() })
      const isOver = stalledMs >= (wish.origin?.afterStallMs ?? Infinity)
      const waitMs = isOver ? await this.#readMissing(fetched, signal) : LOOK_MS
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }

  /** Reads until a peer has something or nothing is missing. @returns milliseconds until it is worth another look */
  async #readMissing(fetched: Fetched, signal: AbortSignal): Promise<number> {
    const { wish, stored, usefulPeers } = fetched
    try {
      while (!signal.aborted && usefulPeers() === 0) {
        const missing = MissingChunks.of(stored)
        if (missing === undefined) return LOOK_MS
        this.#parts.log.info(
          { artifact: wish.name, start: missing.start, end: missing.end },
          'reading the origin',
        )
        await this.#read(fetched, missing, signal)
      }
      return LOOK_MS
    } catch (error) {
      if (signal.aborted) return 0
      if (error instanceof PeerCame) return LOOK_MS
      this.#parts.log.warn(
        { err: error, artifact: wish.name },
        'what no peer has could not be read from the origin',
      )
      return RETRY_MS
    }
  }

  async #read({ wish, stored, usefulPeers }: Fetched, missing: MissingChunks, signal: AbortSignal) {
    const { key, counters } = stored
    const leave = this.#leaves.get(key) ?? { bytes: 0 }
    this.#leaves.set(key, leave)
    const { swarmId, origin } = wish
    const { access, tracker, pace, log } = this.#parts
    const stop = new AbortController()
    // While it waits for its turn another node may have read it and pass it on.
    const begun = missing.offset
    const look = setInterval(() => {
      if (missing.offset === begun && usefulPeers() > 0) stop.abort(new PeerCame())
    }, LOOK_MS)
    try {
      await readStretch({
        sources: origin?.sources ?? [],
        access,
        book: this.#books.of(key),
        grant: (request, until) => tracker.requestGrant({ swarmId, ...request }, { signal: until }),
        leave,
        sink: missing,
        end: missing.end,
        size: stored.manifest?.size ?? stored.growing?.size ?? 0,
        onRead: (bytes) => {
          counters.originBytesRead += bytes
        },
        pace,
        signal: AbortSignal.any([signal, stop.signal]),
        log,
      })
    } finally {
      clearInterval(look)
    }
  }
}

class PeerCame extends Error {
  override name = 'PeerCame'
}
