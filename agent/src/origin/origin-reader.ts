// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { JoinedSwarm } from '@patchswarm/swarm/exchange'
import { chooseChunkSize } from '@patchswarm/swarm/manifest'
import { OriginError, OriginStretches, type SourceHealth, UnprovenChunks } from '@patchswarm/swarm/origin'
import { ChunkMismatchError, NoSpaceError, type StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { Failure } from '../failure.ts'
import { abortable } from './abortable.ts'
import type { OriginParts } from './origin-parts.ts'
import { salvage } from './salvage.ts'
import { SourceBooks } from './source-books.ts'

/** While one range ends the other one is under way: the line never stands idle. */
const LANES = 2
/** Another reader may die at any moment: what it leaves is asked for so often. */
const ASK_MS = 500
const RETRY_MS = 5000
/** Others read meanwhile; then this node may be asked again. */
const FAILED_MS = 60_000
/** As much as the tracker cares to give. */
const ANY = { any: true, offset: 0, length: Number.MAX_SAFE_INTEGER }

/** An artifact of which this node reads ranges, for all. */
export interface Assigned {
  readonly wish: Artifact
  readonly stored: StoredArtifact
  readonly joined: () => JoinedSwarm | undefined
  /** It may be said now what its site has. */
  readonly onLooked?: () => void
}

interface Range {
  readonly start: number
  readonly end: number
}

interface Failed extends Failure {
  /** When it says nothing of this node any more. */
  until: number
}

interface Reading {
  readonly assigned: Assigned
  readonly abort: AbortController
  readonly origin: OriginStretches
  readonly ranges: Set<Range>
  /** A source has said what it has. */
  hasProbed: boolean
  /** What neighbours of the site have from before has come. */
  hasLooked: boolean
  /** The last that was asked for, or is yet to be. */
  asking: Promise<unknown>
  ended: Promise<unknown>
}

/**
 * Reads from the origin the ranges that the tracker gives this node, where the profile has agents read (`origin.access:
 * Agents`). What it reads is stored once the seeder has signed what each chunk is.
 */
export class OriginReader {
  readonly #parts: OriginParts
  readonly #readings = new Map<string, Reading>()
  readonly #books = new SourceBooks()
  readonly #failures = new Map<string, Failed>()
  readonly #now: () => number

  /** @param now milliseconds of a clock that only goes forward */
  constructor(parts: OriginParts, now: () => number = () => performance.now()) {
    this.#parts = parts
    this.#now = now
  }

  /** Begins unless it is at it already. Does nothing for a wish that does not have it read. */
  start(assigned: Assigned): void {
    const { key } = assigned.stored
    if (this.#readings.has(key) || !assigned.wish.origin?.reads) return
    const origin = this.#open(assigned)
    const abort = new AbortController()
    const begun = {
      ranges: new Set<Range>(),
      hasProbed: false,
      hasLooked: false,
      asking: Promise.resolve(),
      ended: Promise.resolve(),
    }
    const reading: Reading = { assigned, abort, origin, ...begun }
    this.#readings.set(key, reading)
    this.#failures.delete(key)
    void this.#look(reading)
    reading.ended = Promise.all(Array.from({ length: LANES }, () => this.#lane(reading))).finally(() => {
      this.#readings.delete(key)
      const failed = this.#failures.get(key)
      if (failed) failed.until = this.#now() + FAILED_MS
    })
  }

  async stop(key: string): Promise<void> {
    const reading = this.#readings.get(key)
    reading?.abort.abort(new Error('others read it now'))
    await reading?.ended
  }

  async forget(key: string): Promise<void> {
    await this.stop(key)
    this.#books.forget(key)
    this.#failures.delete(key)
  }

  /** What is known of each source that was tried. */
  health(key: string): SourceHealth[] {
    return this.#books.health(key)
  }

  /** Why it does not get on, or did not a moment ago. */
  failure(key: string): Failure | undefined {
    const failed = this.#failures.get(key)
    return failed && failed.until > this.#now() ? failed : undefined
  }

  /** Chunks that its site lacks, where it reads for that alone: first, count, first, count …; undefined before it has looked. */
  absent(key: string): number[] | undefined {
    const reading = this.#readings.get(key)
    if (!reading?.assigned.wish.origin?.forSite || !reading.hasLooked) return undefined
    return reading.assigned.joined()?.absent().flat()
  }

  /** Ranges of bytes that it is at: start, end, start, end … */
  ranges(key: string): number[] {
    return [...(this.#readings.get(key)?.ranges ?? [])].flatMap(({ start, end }) => [start, end])
  }

  /** Never rejects. */
  async #look(reading: Reading): Promise<void> {
    const { assigned, abort } = reading
    const { stored, wish, joined, onLooked } = assigned
    if (!wish.origin?.forSite) return
    const look = () => ({
      bytesHeld: stored.bytesHeld,
      usefulPeers: joined()?.statistics().usefulPeers ?? 0,
    })
    if (wish.origin.begun) await salvage(look, abort.signal)
    reading.hasLooked = !abort.signal.aborted
    onLooked?.()
  }

  #open({ wish, stored }: Assigned): OriginStretches {
    const { swarmId, origin } = wish
    const { tracker, access, pace, log } = this.#parts
    const size = stored.manifest?.size ?? stored.growing?.size ?? (wish.size || origin?.expectedSize)
    return new OriginStretches({
      sources: origin?.sources ?? [],
      access,
      book: this.#books.of(stored.key),
      grant: (request, until) => tracker.requestGrant({ swarmId, ...request }, { signal: until }),
      ...(size && { size }),
      onRead: (bytes) => {
        stored.counters.originBytesRead += bytes
      },
      pace,
      log,
    })
  }

  /** Reads one range after the other. Never rejects. */
  async #lane(reading: Reading): Promise<void> {
    const { signal } = reading.abort
    while (!signal.aborted && !reading.assigned.stored.complete) {
      const waitMs = await this.#next(reading).catch((error) => this.#failed(reading, error))
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }

  /** @returns milliseconds until it is worth asking again */
  async #next(reading: Reading): Promise<number> {
    // In turn: a range that was given to the other lane and that this one does not name counts as read.
    const asked = reading.asking.then(() => this.#ask(reading))
    reading.asking = asked.catch(() => {})
    const range = await asked
    if (range === undefined) return ASK_MS
    try {
      await this.#read(reading, range)
    } finally {
      reading.ranges.delete(range)
    }
    return 0
  }

  async #ask(reading: Reading): Promise<Range | undefined> {
    const { assigned, abort, origin, ranges } = reading
    // Also where the size is known: whoever has no way to a source must not have a range.
    if (!reading.hasProbed) await origin.probe(abort.signal)
    reading.hasProbed = true
    const { swarmId } = assigned.wish
    const totalSize = origin.size ?? 0
    const request = { swarmId, ...ANY, totalSize, reading: this.ranges(assigned.stored.key) }
    const { offset, length, reason, message } = await this.#parts.tracker.requestGrant(request, {
      signal: abort.signal,
    })
    if (length === 0) {
      if (isFinal(reason)) this.#fail(assigned, { reason, message })
      return undefined
    }
    const range = { start: offset, end: offset + length }
    ranges.add(range)
    return range
  }

  /** Until it is stored: nobody else is given it as long as this node gets on with it. */
  async #read(reading: Reading, { start, end }: Range): Promise<void> {
    const { assigned, abort, origin } = reading
    const { stored, joined } = assigned
    const size = origin.size ?? 0
    const chunkSize = assigned.wish.chunkSize || chooseChunkSize(size, 'Fixed')
    const leave = { bytes: end - start }
    for (let from = start; ; ) {
      // The seeder that is to sign may be away for long.
      const state = (chunk: number, digest: Uint8Array) =>
        abortable(joined()?.state({ size, chunkSize }, chunk, digest) ?? outside(), abort.signal)
      const sink = new UnprovenChunks({ artifact: stored, size, chunkSize, start: from, end, state })
      try {
        await origin.read({ sink, end, inOne: true }, leave, abort.signal)
        await sink.settle()
        this.#failures.delete(stored.key)
        return
      } catch (error) {
        if (abort.signal.aborted || !(error instanceof OriginError) || isFinal(error.reason)) throw error
        this.#fail(assigned, error)
        await sleep(RETRY_MS, undefined, { signal: abort.signal })
        // What is not a whole chunk is lost.
        from = sink.offset - ((sink.offset - start) % chunkSize)
        await sink.settle()
      }
    }
  }

  #failed({ assigned, abort }: Reading, error: unknown): number {
    if (abort.signal.aborted) return 0
    this.#parts.log.warn(
      { err: error, artifact: assigned.wish.name },
      'a range of the origin could not be read',
    )
    const failure = failureOf(error)
    if (failure) this.#fail(assigned, failure)
    return RETRY_MS
  }

  #fail({ stored, wish }: Assigned, { reason, message }: Failure): void {
    const spec = wish.origin?.spec ?? ''
    this.#failures.set(stored.key, { reason, message, spec, until: Number.POSITIVE_INFINITY })
  }
}

/** What the tracker is told of it, where it can do something. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof OriginError) return error
  if (error instanceof ChunkMismatchError)
    return { reason: 'OriginChanged', message: `the origin gives others another file: ${error.message}` }
  if (error instanceof NoSpaceError) return { reason: 'InsufficientDisk', message: error.message }
  return undefined
}

const isFinal = (reason: string): boolean => ['OriginBudgetExhausted', 'SizeMismatch'].includes(reason)

const outside = () => Promise.reject(new Error('this node is not in the swarm'))
