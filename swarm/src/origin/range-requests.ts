// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Readable } from 'node:stream'
import { RateMeter } from '../exchange/rate-meter.ts'
import type { SourceError } from './errors.ts'
import type { GrantedBytes } from './granted-bytes.ts'
import { unsent } from './unsent.ts'

const KiB = 1024
const FIRST = 1024 * KiB
/** Small enough that an origin that breaks off every time costs little. */
const SMALLEST = 64 * KiB
/** A request is for what comes in this time, … */
const REQUEST_SECONDS = 2
/** … and the next one is made when this is left of it: grant, round trip and slow start then cost the line nothing. */
const AHEAD_SECONDS = 1

/** Where bytes go, in order from `offset` on. */
export interface RangeSink {
  readonly offset: number
  write(bytes: Uint8Array): Promise<void>
}

/** An answer with the bytes from where it was asked to `end`. */
export interface RangeAnswer {
  readonly body: Readable
  /** First byte that it does not have. */
  readonly end: number
}

export interface RangeRequestsParts {
  /** Asks for [start, end). @returns undefined when the server does not know ranges @throws SourceError */
  readonly request: (start: number, end: number, signal: AbortSignal) => Promise<RangeAnswer | undefined>
  /** Pieces of a body; @throws SourceError when it breaks off */
  readonly payload: (body: Readable) => AsyncIterable<Uint8Array>
  readonly fail: (reason: SourceError['reason'], what: string, again: boolean) => SourceError
  readonly granted: GrantedBytes
  readonly onRead: (bytes: number) => void
  readonly now: () => number
}

interface Opened extends RangeAnswer {
  /** Bytes that it is to bring. */
  readonly length: number
}

/** A request made ahead of its turn. */
interface Ahead {
  readonly opened: Promise<Opened | undefined>
  readonly abort: AbortController
}

/**
 * Reads a stretch of a file by range requests, each under leave for all of it. While one is read the next is made, so
 * that the line never stands idle; what two requests are for is all that a death can cost the budget.
 */
export class RangeRequests {
  readonly #parts: RangeRequestsParts
  /** From the first answer on: what went before says nothing of the line. */
  #meter: RateMeter | undefined
  #wanted = FIRST
  /** The last request failed: one at a time until one has gone well. */
  #careful = false
  #hasFailed = false
  #next: Ahead | undefined

  constructor(parts: RangeRequestsParts) {
    this.#parts = parts
  }

  /** The next request may be for so much, as long as none fails. */
  expect(bytes: number): void {
    if (!this.#careful) this.#wanted = Math.max(SMALLEST, bytes)
  }

  /**
   * Reads on from the sink's offset up to `end`.
   * @returns false when the server turned out not to know ranges
   * @throws SourceError, OriginError, what the sink throws
   */
  async read(sink: RangeSink, end: number): Promise<boolean> {
    try {
      while (sink.offset < end) {
        const { opened: opening } = this.#next ?? this.#start(sink.offset, end)
        this.#next = undefined
        const opened = await opening
        if (opened === undefined) return false
        await this.#take(opened, sink, end)
        this.#wentWell()
      }
      return true
    } catch (error) {
      this.#careful = true
      this.#hasFailed = true
      this.#wanted = Math.max(SMALLEST, this.#wanted / 4)
      throw error
    } finally {
      this.#dropNext()
    }
  }

  #start(start: number, end: number): Ahead {
    const abort = new AbortController()
    return { opened: this.#open(start, end, abort.signal), abort }
  }

  async #open(start: number, end: number, signal: AbortSignal): Promise<Opened | undefined> {
    const { granted, request } = this.#parts
    const length = await granted.take(start, Math.min(Math.ceil(this.#wanted), end - start))
    if (signal.aborted) {
      granted.giveBack(length)
      signal.throwIfAborted()
    }
    try {
      const answer = await request(start, start + length, signal)
      // A server may give less than it was asked for.
      const gives = answer === undefined ? 0 : Math.min(length, answer.end - start)
      granted.giveBack(length - gives)
      return answer && { body: answer.body, end: start + gives, length: gives }
    } catch (error) {
      granted.giveBack(unsent(length, error))
      throw error
    }
  }

  async #take({ body, length, end: lastEnd }: Opened, sink: RangeSink, end: number): Promise<void> {
    const { payload, fail, granted, onRead, now } = this.#parts
    this.#meter ??= new RateMeter(now())
    let left = length
    try {
      for await (const bytes of payload(body)) {
        if (bytes.length > left) {
          throw fail('SizeMismatch', `sends more than the ${lastEnd} bytes asked for`, false)
        }
        left -= bytes.length
        onRead(bytes.length)
        this.#meter.add(bytes.length, now())
        if (lastEnd < end && this.#isTimeForNext(left)) this.#openNext(lastEnd, end)
        await sink.write(bytes)
      }
      if (left > 0) throw fail('SizeMismatch', `ends after ${sink.offset} of ${lastEnd} bytes`, true)
    } catch (error) {
      granted.giveBack(unsent(left - body.readableLength, error))
      throw error
    } finally {
      body.destroy()
    }
  }

  #isTimeForNext(left: number): boolean {
    if (this.#next !== undefined || this.#careful) return false
    return left <= this.#rate() * AHEAD_SECONDS
  }

  #openNext(start: number, end: number): void {
    this.#next = this.#start(start, end)
    // Met when its turn comes.
    this.#next.opened.catch(() => {})
  }

  #wentWell(): void {
    this.#careful = false
    // At once as much as the line wants, and step by step only after a failure: a small request is over before the next is made.
    const most = this.#hasFailed ? 2 * this.#wanted : Number.POSITIVE_INFINITY
    this.#wanted = Math.max(SMALLEST, Math.min(most, this.#rate() * REQUEST_SECONDS))
  }

  /** Bytes a second. */
  #rate(): number {
    return this.#meter?.rate(this.#parts.now()) ?? 0
  }

  /** Nobody will read it. Not waited for: the next try need not know what it still settles with the leave. */
  #dropNext(): void {
    const next = this.#next
    this.#next = undefined
    next?.abort.abort(new Error('the request before it failed'))
    next?.opened.then(
      (opened) => {
        opened?.body.destroy()
        this.#parts.granted.giveBack(unsent(opened?.length ?? 0, undefined))
      },
      () => {},
    )
  }
}
