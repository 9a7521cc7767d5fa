// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { type Chunking, type ChunkStrategy, chooseChunkSize } from '@patchswarm/swarm/manifest'
import { OriginError, OriginMemory, readOrigin, type SourceHealth } from '@patchswarm/swarm/origin'
import { type Ingest, IngestDigestError, type StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { keyOf } from '../artifact-key.ts'
import type { Failure } from '../failure.ts'
import { failureOf, isFinal } from './ingest-failure.ts'
import type { OriginParts } from './origin-parts.ts'
import { SourceBooks } from './source-books.ts'

export interface IngestionListener {
  /** Another seeder has read of it before: gets from peers what they have of that. Ends early when the signal aborts. */
  salvage(signal: AbortSignal): Promise<void>
  /** Reading begins, perhaps anew: what is read can be served from now on, if the size is known. */
  onBegin(): void
  /** The whole is here and has the digest of the spec. */
  onDone(): void
  /** `final`: only another spec can help; otherwise it is tried again in a while. */
  onFailure(failure: Failure, final: boolean): void
}

interface Running {
  readonly abort: AbortController
  ended: Promise<void>
  ingest: Ingest | undefined
  size: number | undefined
}

const RETRY_MS = 15_000
/** A process that is to end does not wait long for an operator that is away: then its leave is lost to the budget. */
const GIVE_BACK_MS = 2000
/** The origins that this seeder is reading: one reader an artifact, each byte under a grant of the tracker. */
export class Ingestion {
  readonly #parts: OriginParts
  readonly #running = new Map<string, Running>()
  readonly #books = new SourceBooks()
  readonly #memories = new Map<string, OriginMemory>()
  #ended = false

  constructor(parts: OriginParts) {
    this.#parts = parts
  }

  /** What earlier processes have read counts before anything is said of the artifact. */
  async recall(stored: StoredArtifact): Promise<OriginMemory> {
    const known = this.#memories.get(stored.key)
    if (known) return known
    const memory = await OriginMemory.open(stored.originPath)
    this.#memories.set(stored.key, memory)
    stored.counters.originBytesRead = Math.max(stored.counters.originBytesRead, memory.bytesRead)
    return memory
  }

  /** Begins unless it is running already. */
  start(wish: Artifact, stored: StoredArtifact, listener: IngestionListener): void {
    const key = keyOf(wish)
    if (this.#running.has(key) || this.#ended) return
    const running: Running = {
      abort: new AbortController(),
      ended: Promise.resolve(),
      ingest: undefined,
      size: undefined,
    }
    this.#running.set(key, running)
    running.ended = this.#run(wish, stored, listener, running).finally(() => this.#running.delete(key))
  }

  /** Bytes taken so far, undefined when it is not running. */
  progress(wish: Artifact): { bytesHeld: number; size: number | undefined } | undefined {
    const running = this.#running.get(keyOf(wish))
    return running && { bytesHeld: running.ingest?.offset ?? 0, size: running.size }
  }

  /** What is known of each source that was tried. */
  health(wish: Artifact): SourceHealth[] {
    return this.#books.health(keyOf(wish))
  }

  /** Stops reading; what was taken stays for the next time. */
  async stop(wish: Artifact): Promise<void> {
    const running = this.#running.get(keyOf(wish))
    running?.abort.abort(new Error('the artifact is not to be read now'))
    await running?.ended
  }

  /** Stops and forgets: the artifact is gone, and what was granted for it is not for another. */
  async forget(wish: Artifact): Promise<void> {
    await this.stop(wish)
    this.#books.forget(keyOf(wish))
    this.#memories.delete(keyOf(wish))
  }

  /** Reads no more, and gives back what it has leave for: whoever comes after this process may have lost its disk. */
  async end(): Promise<void> {
    this.#ended = true
    for (const { abort } of this.#running.values()) abort.abort(new Error('the process ends'))
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
    await Promise.all([...this.#memories].map(([key, memory]) => this.#giveBack(key, memory)))
  }

  async #giveBack(key: string, memory: OriginMemory): Promise<void> {
    try {
      const back = await memory.releaseLeave()
      if (back === 0) return
      const request = { swarmId: Buffer.from(key, 'hex'), offset: 0, length: 0, totalSize: 0, back }
      await this.#parts.tracker.requestGrant(request, { timeoutMs: GIVE_BACK_MS })
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'leave to read from the origin could not be given back')
    }
  }

  async #run(
    wish: Artifact,
    stored: StoredArtifact,
    listener: IngestionListener,
    running: Running,
  ): Promise<void> {
    const { signal } = running.abort
    await this.#salvage(wish, stored, listener, signal)
    while (!signal.aborted) {
      try {
        // Peers may have had all of it: a seeder that comes after one that was done reads nothing.
        if (stored.manifest === undefined) await this.#read(wish, stored, running, listener)
        this.#running.delete(keyOf(wish))
        return listener.onDone()
      } catch (error) {
        if (signal.aborted) return
        const failure = failureOf(error, wish)
        const final = isFinal(failure)
        this.#parts.log.warn({ err: error, artifact: wish.name, final }, 'the origin could not be read')
        listener.onFailure(failure, final)
        if (final) return
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** What was read by a seeder that is lost, disk and all, may still be with the nodes: the origin need not send it again. */
  async #salvage(
    wish: Artifact,
    stored: StoredArtifact,
    listener: IngestionListener,
    signal: AbortSignal,
  ): Promise<void> {
    const { bytesRead, leave } = await this.recall(stored)
    // It was for an artifact of the same file that is gone.
    if (!wish.origin?.begun) leave.bytes = 0
    if (!wish.origin?.begun || bytesRead > 0) return
    await listener.salvage(signal)
    this.#parts.log.info({ artifact: wish.name, bytes: stored.bytesHeld }, 'asked peers before the origin')
  }

  /** Reads the whole; a wrong digest of bytes that came in pieces gets one more try from the first byte. */
  async #read(
    wish: Artifact,
    stored: StoredArtifact,
    running: Running,
    listener: IngestionListener,
  ): Promise<void> {
    const expected = wish.digest.replace(/^sha256:/, '')
    for (let fresh = false; ; fresh = true) {
      const { ingest, mixed } = await this.#readOnce(wish, stored, running, listener)
      try {
        if (expected === '' && mixed && !(await this.#isPinned(wish, stored))) {
          await ingest.discard()
          if (!fresh) continue
          throw new OriginError('OriginChanged', 'the source does not say whether its file is still the same')
        }
        await ingest.finish(expected || undefined)
        return
      } catch (error) {
        await ingest.close()
        if (!(error instanceof IngestDigestError) || !mixed || fresh) throw error
        this.#parts.log.warn(
          { artifact: wish.name },
          'the pieces do not make the file of the digest; reading it anew',
        )
      }
    }
  }

  /** The source names the version of its file: pieces that were read at different times are of one file. */
  async #isPinned(wish: Artifact, stored: StoredArtifact): Promise<boolean> {
    const { pins } = await this.recall(stored)
    return (wish.origin?.sources ?? []).every(({ url }) => Object.keys(pins.get(url) ?? {}).length > 0)
  }

  async #readOnce(
    wish: Artifact,
    stored: StoredArtifact,
    running: Running,
    listener: IngestionListener,
  ): ReturnType<typeof readOrigin> {
    const { swarmId, origin } = wish
    const { counters } = stored
    const { access, importDirectory, tracker, pace, log } = this.#parts
    const memory = await this.recall(stored)
    const expectedSize = origin?.expectedSize || undefined
    let kept = Promise.resolve()
    return await readOrigin({
      sources: origin?.sources ?? [],
      access,
      importDirectory,
      book: this.#books.of(keyOf(wish)),
      grant: (request, signal) => tracker.requestGrant({ swarmId, ...request }, { signal }),
      leave: memory.leave,
      pins: memory.pins,
      onPins: () => {
        kept = memory.keep()
        kept.catch(() => {})
      },
      beginIngest: async (size, signal) => {
        // Bytes of a version that nobody remembers would be read again after a restart.
        await kept
        running.size = size
        running.ingest = await stored.beginIngest(size, chunkingOf(wish, size), signal)
        listener.onBegin()
        return running.ingest
      },
      ...(expectedSize && { size: expectedSize }),
      onRead: (bytes) => {
        counters.originBytesRead += bytes
        memory.count(counters.originBytesRead)
      },
      pace,
      signal: running.abort.signal,
      log,
    })
  }
}

function chunkingOf({ chunkStrategy, chunkSize }: Artifact, size: number | undefined): Chunking {
  const strategy: ChunkStrategy = chunkStrategy === 'ContentDefined' ? 'ContentDefined' : 'Fixed'
  return { strategy, size: chunkSize || chooseChunkSize(size, strategy) }
}
