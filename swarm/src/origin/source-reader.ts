// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Readable } from 'node:stream'
import type { Ingest } from '../store/types.ts'
import { SourceError } from './errors.ts'
import type { GrantedBytes } from './granted-bytes.ts'
import {
  contentLength,
  type Headers,
  header,
  ifRangeOf,
  parseContentRange,
  sameVersion,
  type Validator,
  validatorOf,
} from './headers.ts'
import { describe, type OriginHttp, type OriginResponse } from './http.ts'

/** What is known of the file, shared by all tries at all sources. */
export interface FileState {
  /** Bytes of the whole file, as spec or origin state them. */
  total: number | undefined
  ingest: Ingest | undefined
  /** By URL: the version that the bytes taken so far are of. */
  readonly pins: Map<string, Validator>
}

export interface SourceParts {
  readonly http: OriginHttp
  readonly granted: GrantedBytes
  /** Starts or resumes the ingest once the size is known (or is known not to be stated). */
  readonly begin: (size: number | undefined) => Promise<Ingest>
  /** Payload bytes that came, useful or not. */
  readonly onRead: (bytes: number) => void
  readonly onPin: (url: string, validator: Validator) => void
  readonly signal: AbortSignal
}

/** Reads from one source what the ingest lacks. */
export class SourceReader {
  readonly #url: string
  readonly #file: FileState
  readonly #parts: SourceParts
  /** Undefined until the server has shown whether it takes ranges. */
  #ranges = true

  constructor(url: string, file: FileState, parts: SourceParts) {
    this.#url = url
    this.#file = file
    this.#parts = parts
  }

  /** Returns when the last byte was taken. @throws SourceError */
  async read(): Promise<void> {
    await this.#probe()
    const ingest = await this.#begin()
    const { total } = this.#file
    if (!this.#ranges || total === undefined) return this.#readSequentially(ingest)
    while (ingest.offset < total) {
      await this.#readRange(ingest, total)
      if (!this.#ranges) return this.#readSequentially(ingest)
    }
  }

  /** Size and version without payload; servers that refuse HEAD are asked for one byte. */
  async #probe(): Promise<void> {
    const head = await this.#send('HEAD', {})
    head.body.destroy()
    const length = contentLength(head.headers)
    if (head.status === 200 && length !== undefined) {
      if (header(head.headers, 'accept-ranges') === 'none') this.#ranges = false
      this.#learn(head.headers, length)
      return
    }
    await this.#probeByGet()
  }

  async #probeByGet(): Promise<void> {
    await this.#parts.granted.ensure(0, 1, false)
    const response = await this.#send('GET', { range: 'bytes=0-0' })
    const range = parseContentRange(header(response.headers, 'content-range'))
    if (response.status === 206) {
      await this.#drain(response.body, 1)
      this.#learn(response.headers, range?.total)
      return
    }
    response.body.destroy()
    if (response.status === 416 && range?.total === 0) this.#learn(response.headers, 0)
    else if (response.status === 200) {
      this.#ranges = false
      this.#learn(response.headers, contentLength(response.headers))
    } else throw this.#statusError(response.status)
  }

  /** Checks what the source states against what is known, before a byte is taken from it. */
  #learn(headers: Headers, total: number | undefined): void {
    const encoding = header(headers, 'content-encoding') ?? 'identity'
    if (encoding !== 'identity') {
      throw this.#fail(
        'OriginUnreachable',
        `sends the file encoded as ${encoding} although asked not to`,
        false,
      )
    }
    this.#checkVersion(headers)
    this.#checkTotal(total)
    this.#file.total ??= total
    this.#parts.granted.totalSize = this.#file.total
  }

  #checkVersion(headers: Headers): void {
    const now = validatorOf(headers)
    const pinned = this.#file.pins.get(this.#url)
    if (pinned === undefined) {
      this.#file.pins.set(this.#url, now)
      this.#parts.onPin(this.#url, now)
    } else if (!sameVersion(pinned, now)) {
      const seen = `${pinned.etag ?? pinned.lastModified} became ${now.etag ?? now.lastModified}`
      throw this.#fail('OriginChanged', `has another file now (${seen})`, false)
    }
  }

  #checkTotal(total: number | undefined): void {
    const known = this.#file.total
    if (known !== undefined && total !== undefined && known !== total) {
      throw this.#fail('SizeMismatch', `announces ${total} bytes where ${known} are expected`, false)
    }
  }

  async #begin(): Promise<Ingest> {
    this.#file.ingest ??= await this.#parts.begin(this.#file.total)
    return this.#file.ingest
  }

  /** One request within what is granted. */
  async #readRange(ingest: Ingest, total: number): Promise<void> {
    await this.#parts.granted.ensure(ingest.offset, 1)
    const start = ingest.offset
    const end = start + Math.min(this.#parts.granted.available, total - start) - 1
    const ifRange = ifRangeOf(this.#file.pins.get(this.#url) ?? {})
    const response = await this.#send('GET', {
      range: `bytes=${start}-${end}`,
      ...(ifRange === undefined ? {} : { 'if-range': ifRange }),
    })
    try {
      const last = this.#acceptRange(response, start)
      // A server may give less than it was asked for.
      if (last !== undefined) await this.#take(response.body, ingest, Math.min(last, end) + 1)
    } finally {
      response.body.destroy()
    }
  }

  /** The last byte that the body has; undefined when the server does not know ranges. */
  #acceptRange({ status, headers }: OriginResponse, start: number): number | undefined {
    const range = parseContentRange(header(headers, 'content-range'))
    if (status === 416) {
      this.#checkTotal(range?.total)
      throw this.#statusError(status)
    }
    if (status === 200) {
      this.#learn(headers, contentLength(headers))
      this.#ranges = false
      return undefined
    }
    if (status !== 206) throw this.#statusError(status)
    this.#learn(headers, range?.total)
    if (range?.start !== start || range.end === undefined) {
      throw this.#fail('OriginUnreachable', 'answers another range than asked for', true)
    }
    return range.end
  }

  async #readSequentially(ingest: Ingest): Promise<void> {
    // A server without ranges sends all or nothing: leave for all is asked for first where the size is known.
    await this.#parts.granted.ensure(0, this.#file.total ?? 1)
    const response = await this.#send('GET', {})
    try {
      if (response.status !== 200) throw this.#statusError(response.status)
      this.#learn(response.headers, contentLength(response.headers))
      await this.#drain(response.body, ingest.offset, ingest)
    } finally {
      response.body.destroy()
    }
    const { total } = this.#file
    if (total !== undefined && ingest.offset < total) {
      throw this.#fail('SizeMismatch', `ends after ${ingest.offset} of ${total} bytes`, true)
    }
  }

  /** Takes a body that begins at the ingest's offset, up to `end`. */
  async #take(body: Readable, ingest: Ingest, end: number): Promise<void> {
    for await (const bytes of this.#payload(body)) {
      if (ingest.offset + bytes.length > end) {
        throw this.#fail('SizeMismatch', `sends more than the ${end} bytes asked for`, false)
      }
      this.#count(bytes.length, ingest.offset + bytes.length)
      await ingest.write(bytes)
    }
    if (ingest.offset < end) {
      throw this.#fail('SizeMismatch', `ends after ${ingest.offset} of ${end} bytes`, true)
    }
  }

  /** Reads on past `skip` bytes that are here already; the rest goes to the ingest, if there is one. */
  async #drain(body: Readable, skip: number, ingest?: Ingest): Promise<void> {
    let position = 0
    for await (const bytes of this.#payload(body)) {
      await this.#parts.granted.ensure(position, bytes.length)
      const fresh = bytes.subarray(Math.max(0, Math.min(bytes.length, skip - position)))
      position += bytes.length
      this.#count(bytes.length, position)
      const { total } = this.#file
      if (total !== undefined && position > total) {
        throw this.#fail('SizeMismatch', `sends more than the ${total} bytes expected`, false)
      }
      if (ingest !== undefined && fresh.length > 0) await ingest.write(fresh)
    }
  }

  async *#payload(body: Readable): AsyncGenerator<Buffer> {
    try {
      for await (const bytes of body) yield bytes as Buffer
    } catch (cause) {
      this.#parts.signal.throwIfAborted()
      if ((cause as NodeJS.ErrnoException).code?.startsWith('UND_ERR') !== true && !isNetworkError(cause))
        throw cause
      throw new SourceError('OriginUnreachable', `${this.#url}: ${describe(cause)}`, true, { cause })
    }
  }

  #count(bytes: number, position: number): void {
    this.#parts.granted.use(bytes, position)
    this.#parts.onRead(bytes)
  }

  #send(method: 'GET' | 'HEAD', headers: Record<string, string>): Promise<OriginResponse> {
    return this.#parts.http.send({ method, url: this.#url, headers, signal: this.#parts.signal })
  }

  #statusError(status: number): SourceError {
    // A 4xx is said for good, but for those that speak of the moment.
    const again = status >= 500 || status === 408 || status === 429
    return this.#fail('OriginUnreachable', `answers ${status}`, again)
  }

  #fail(reason: SourceError['reason'], what: string, again: boolean): SourceError {
    return new SourceError(reason, `${this.#url} ${what}`, again)
  }
}

function isNetworkError(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  )
}
