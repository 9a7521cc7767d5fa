// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Pace } from '../limits/index.ts'
import type { Ingest } from '../store/types.ts'
import { fullJitter } from '../tracker/backoff.ts'
import type { SourceAccess } from './dispatcher.ts'
import { OriginError, SourceError } from './errors.ts'
import { FileOrigin } from './file-origin.ts'
import { type AskGrant, GrantedBytes, type Leave } from './granted-bytes.ts'
import type { Validator } from './headers.ts'
import { type OriginAccess, OriginHttp } from './http.ts'
import { SourceBook } from './source-book.ts'
import type { FileState } from './source-file.ts'
import { type SourceParts, SourceReader, type Stretch } from './source-reader.ts'

const INACTIVITY_MS = 30_000
const MAX_FUTILE_TRIES = 4
/** While another source has not had its turn, waiting for this one costs more than changing over. */
const MAX_WITH_OTHERS = 2
const DEFAULT_BACKOFF = { baseMs: 500, capMs: 10_000 }

/** One place where the file can be read. */
export interface OriginSource extends SourceAccess {
  readonly url: string
}

export interface ReadOriginOptions extends SourceOptions {
  /** Starts or resumes the ingest; called again after a start from the beginning. */
  readonly beginIngest: (size: number | undefined, signal: AbortSignal) => Promise<Ingest>
}

export type StretchesOptions = Omit<SourceOptions, 'leave' | 'signal'>

export interface ReadStretchOptions extends SourceOptions, Stretch {
  /** Bytes of the whole file. */
  readonly size: number
}

interface SourceOptions {
  /** In order of preference. */
  readonly sources: readonly OriginSource[]
  /** Where they may lead; asked anew for each request. */
  readonly access: () => OriginAccess
  /** Where files of file:///import/ lie; left out, they cannot be read. */
  readonly importDirectory?: string | undefined
  /** How the sources did in earlier calls. */
  readonly book?: SourceBook
  readonly grant: AskGrant
  /** Granted for this artifact and not read by earlier calls; what this one does not read stays in it. None by default. */
  readonly leave?: Leave
  /** Bytes of the file, where the spec states them. */
  readonly size?: number
  /** Versions that the bytes taken are of, by URL, also by an earlier process; changed in place. */
  readonly pins?: Map<string, Validator>
  /** `pins` are others now; called before a byte of another version is taken. */
  readonly onPins?: () => void
  /** Payload that came, useful or not; every byte once. */
  readonly onRead?: (bytes: number) => void
  /** The node's limit on what it reads from origins; none by default. */
  readonly pace?: Pace
  readonly signal: AbortSignal
  readonly log: Logger
  readonly random?: () => number
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
  /** Time without anything happening after which a request has failed; 30 s by default. */
  readonly inactivityMs?: number
  readonly backoff?: { baseMs: number; capMs: number }
  /** Tries at the last source that bring nothing; 4 by default. Others are given up after two. */
  readonly maxFutileTries?: number
}

export interface ReadOriginResult {
  /** All bytes are in it; finish() is left to the caller. */
  readonly ingest: Ingest
  /** Not all bytes came from one source in one go: when the digest is wrong, a fresh start may give the right file. */
  readonly mixed: boolean
}

/**
 * Reads a file from the first of its sources that gives it, from where the ingest stands, under grants.
 * Goes on over broken connections and to the next source; starts over once when the file was replaced meanwhile.
 * On error the ingest is closed; what it has taken is kept for the next call.
 * @throws OriginError; what the ingest throws (NoSpaceError); the signal's reason
 */
export async function readOrigin(options: ReadOriginOptions): Promise<ReadOriginResult> {
  const reading = new Reading(options)
  try {
    const result = await reading.run()
    // Only a stretch has none.
    if (result === undefined) throw new TypeError('nothing was read')
    return result
  } catch (error) {
    await reading.file.ingest?.close()
    throw error
  }
}

/**
 * Reads a part of a file, from the sink's offset to `end`, from the first of the sources that gives it, under grants.
 * The sink judges the bytes; a file that was replaced at the origin is an error.
 * @throws OriginError; what the sink throws; the signal's reason
 */
export async function readStretch(options: ReadStretchOptions): Promise<void> {
  const beginIngest = () => Promise.reject(new TypeError('a part of a file makes no ingest'))
  await new Reading({ ...options, beginIngest }, options).run()
}

/** A file at its origin, read in stretches: its size and version, and how its sources do, are kept from one to the next. */
export class OriginStretches {
  readonly #options: StretchesOptions
  readonly #file: FileState

  constructor(options: StretchesOptions) {
    this.#options = { ...options, book: options.book ?? new SourceBook() }
    this.#file = { total: options.size, ingest: undefined, pins: options.pins ?? new Map() }
  }

  /** Bytes of the whole file, once spec or origin have said so. */
  get size(): number | undefined {
    return this.#file.total
  }

  /** Asks for size and version alone. @throws OriginError; the signal's reason */
  probe(signal: AbortSignal): Promise<void> {
    const sink = { offset: 0, write: async () => {} }
    return this.read({ sink, end: 0 }, { bytes: 0 }, signal)
  }

  /** Reads from the sink's offset to `end`, as `readStretch` does. @param leave for it; what is not read stays in it */
  async read(stretch: Stretch, leave: Leave, signal: AbortSignal): Promise<void> {
    const beginIngest = () => Promise.reject(new TypeError('a part of a file makes no ingest'))
    await new Reading({ ...this.#options, leave, signal, beginIngest }, stretch, this.#file).run()
  }
}

class Reading {
  readonly file: FileState
  readonly #options: ReadOriginOptions
  readonly #stretch: Stretch | undefined
  readonly #backoff: { baseMs: number; capMs: number }
  readonly #random: () => number
  readonly #granted: GrantedBytes
  readonly #now: () => number
  readonly #book: SourceBook
  #startedOver = false
  #mixed = false

  constructor(options: ReadOriginOptions, stretch?: Stretch, file?: FileState) {
    const { grant, leave = { bytes: 0 }, log, signal } = options
    this.#options = options
    this.#stretch = stretch
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF
    this.#random = options.random ?? Math.random
    this.#now = options.now ?? (() => performance.now())
    this.#book = options.book ?? new SourceBook()
    this.file = file ?? { total: options.size, ingest: undefined, pins: options.pins ?? new Map() }
    const [random, backoff] = [this.#random, this.#backoff]
    this.#granted = new GrantedBytes({ ask: grant, leave, log, random, backoff, signal })
    this.#granted.totalSize = this.file.total
  }

  /** @returns undefined for a stretch */
  async run(): Promise<ReadOriginResult | undefined> {
    const failures: SourceError[] = []
    const sources = this.#book.inOrder(this.#options.sources, this.#now())
    for (const [index, source] of sources.entries()) {
      const failure = await this.#readFrom(source, index === sources.length - 1)
      if (failure === undefined) {
        this.#book.wentWell(source.url)
        return this.file.ingest && { ingest: this.file.ingest, mixed: this.#mixed }
      }
      this.#book.givenUp(source.url, this.#now())
      failures.push(failure)
      if (this.#offset() > 0) this.#mixed = true
    }
    throw summary(failures)
  }

  /** Tries one source until it has given all or is given up. @returns why it was given up */
  async #readFrom(source: OriginSource, isLast: boolean): Promise<SourceError | undefined> {
    const { access, inactivityMs = INACTIVITY_MS, maxFutileTries = MAX_FUTILE_TRIES } = this.#options
    const http = source.url.startsWith('file:')
      ? new FileOrigin(this.#options.importDirectory)
      : new OriginHttp({ inactivityMs, access, source })
    const tries = isLast ? maxFutileTries : Math.min(maxFutileTries, MAX_WITH_OTHERS)
    try {
      return await this.#insist(this.#reader(source, http), source.url, tries)
    } finally {
      await http.close()
    }
  }

  #reader({ url }: OriginSource, http: SourceParts['http']): SourceReader {
    return new SourceReader(url, this.file, {
      http,
      granted: this.#granted,
      begin: (size) => this.#begin(size),
      onAnswer: (latencyMs) => this.#book.answered(url, latencyMs),
      onRead: (bytes) => this.#options.onRead?.(bytes),
      onPins: () => this.#options.onPins?.(),
      givesParts: () => this.#book.givesParts(url, this.#now()),
      onWhole: () => this.#book.gaveWhole(url, this.#now()),
      pace: (bytes) => this.#options.pace?.take(bytes),
      stretch: this.#stretch,
      signal: this.#options.signal,
      now: this.#now,
    })
  }

  /** Until so many tries in a row have brought nothing. */
  async #insist(reader: SourceReader, url: string, tries: number): Promise<SourceError | undefined> {
    for (let futile = 0; ; ) {
      const before = this.#offset()
      const failure = await this.#tryOnce(reader, url)
      if (failure === undefined) return undefined
      if (await this.#startOver(failure, url)) continue
      futile = this.#offset() > before ? 0 : futile + 1
      if (!failure.again || futile >= tries) return failure
      await sleep(fullJitter(futile, this.#random, this.#backoff), undefined, {
        signal: this.#options.signal,
      })
    }
  }

  #offset(): number {
    return (this.#stretch?.sink ?? this.file.ingest)?.offset ?? 0
  }

  async #tryOnce(reader: SourceReader, url: string): Promise<SourceError | undefined> {
    const { log } = this.#options
    try {
      await reader.read()
      return undefined
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      log.warn({ err: error, url }, 'reading from a source failed')
      this.#book.failed(url, error)
      return error
    }
  }

  async #begin(size: number | undefined): Promise<Ingest> {
    const ingest = await this.#options.beginIngest(size, this.#options.signal)
    if (ingest.resumeOffset > 0) this.#mixed = true
    return ingest
  }

  /** The file was replaced at the source: what was taken is of another one. Once, for it may be replaced again. */
  async #startOver(failure: SourceError, url: string): Promise<boolean> {
    if (failure.reason !== 'OriginChanged' || this.#startedOver || this.#stretch) return false
    this.#options.log.warn({ url }, 'the file at the origin was replaced: starting over')
    this.#startedOver = true
    this.#mixed = false
    // What an earlier process took belongs to the old file as well.
    const ingest =
      this.file.ingest ?? (await this.#options.beginIngest(this.file.total, this.#options.signal))
    await ingest.discard()
    this.file.ingest = undefined
    this.file.total = this.#options.size
    this.file.pins.clear()
    this.#options.onPins?.()
    return true
  }
}

/** The most telling failure stands for all. */
function summary(failures: readonly SourceError[]): OriginError {
  const order = ['OriginChanged', 'SizeMismatch', 'OriginUnreachable', 'SourceForbidden']
  const [worst] = [...failures].sort((a, b) => order.indexOf(a.reason) - order.indexOf(b.reason))
  const message = failures.map((failure) => failure.message).join('; ')
  return new OriginError(worst?.reason ?? 'OriginUnreachable', message || 'no sources', { cause: worst })
}
