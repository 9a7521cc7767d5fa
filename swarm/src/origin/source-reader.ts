// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Readable } from 'node:stream'
import type { Ingest } from '../store/types.ts'
import type { SourceError } from './errors.ts'
import type { GrantedBytes } from './granted-bytes.ts'
import { contentLength, header, ifMatchOf, ifRangeOf, parseContentRange } from './headers.ts'
import type { OriginHttp, OriginResponse } from './http.ts'
import { payloadOf } from './payload.ts'
import { type RangeAnswer, RangeRequests, type RangeSink } from './range-requests.ts'
import { type FileState, SourceFile } from './source-file.ts'
import { unsent } from './unsent.ts'

const MiB = 1024 * 1024

/** A part of a file whose size is known; the sink says from where on. */
export interface Stretch {
  readonly sink: RangeSink
  /** First byte that is not wanted. */
  readonly end: number
  /** All of it is granted and this node's alone to read: it is asked for in one request. */
  readonly inOne?: boolean
}

export interface SourceParts {
  readonly http: Pick<OriginHttp, 'send'>
  readonly granted: GrantedBytes
  /** Starts or resumes the ingest once the size is known (or is known not to be stated). */
  readonly begin: (size: number | undefined) => Promise<Ingest>
  /** A part of the file that is read instead of the whole. */
  readonly stretch?: Stretch | undefined
  /** Whether the source is worth asking for a part: it has not sent all of the file instead lately. */
  readonly givesParts: () => boolean
  /** The source sends all of the file instead of a part. */
  readonly onWhole: () => void
  /** How long the source took to say what it has. */
  readonly onAnswer: (latencyMs: number) => void
  /** Payload bytes that came, useful or not. */
  readonly onRead: (bytes: number) => void
  readonly onPins: () => void
  /** When the bytes may be taken; while it waits, nothing is read from the connection. */
  readonly pace: (bytes: number) => Promise<void> | undefined
  readonly signal: AbortSignal
  readonly now: () => number
}

/** Reads from one source what the ingest lacks. */
export class SourceReader {
  readonly #file: SourceFile
  readonly #parts: SourceParts
  readonly #requests: RangeRequests
  /** Undefined until the server has shown whether it takes ranges. */
  #ranges = true
  /** An answer with the whole file to a request for a part of it. */
  #whole: OriginResponse | undefined

  constructor(url: string, file: FileState, parts: SourceParts) {
    this.#file = new SourceFile(url, file, parts.granted, parts.onPins)
    this.#parts = parts
    this.#requests = new RangeRequests({
      request: (start, end, signal) => this.#requestRange(start, end, signal),
      payload: (body) => this.#payload(body),
      fail: (...what) => this.#file.fail(...what),
      granted: parts.granted,
      onRead: parts.onRead,
      now: parts.now,
    })
  }

  /** Returns when the last byte was taken. @throws SourceError */
  async read(): Promise<void> {
    const { stretch, givesParts } = this.#parts
    try {
      if (stretch !== undefined && !givesParts()) throw this.#noParts()
      if (!this.#isProbed()) await this.#probe()
      if (stretch !== undefined) return await this.#readStretch(stretch)
      const ingest = await this.#begin()
      const { total } = this.#file.known
      if (this.#ranges && total !== undefined) this.#ranges = await this.#requests.read(ingest, total)
      if (!this.#ranges || total === undefined) await this.#readSequentially(ingest)
    } finally {
      this.#whole?.body.destroy()
      this.#whole = undefined
    }
  }

  /** For an earlier stretch. */
  #isProbed(): boolean {
    const { pinned, known } = this.#file
    return this.#parts.stretch?.inOne === true && known.total !== undefined && pinned !== undefined
  }

  async #readStretch({ sink, end, inOne }: Stretch): Promise<void> {
    if (!this.#ranges) throw this.#noParts()
    if (inOne) this.#requests.expect(end - sink.offset)
    await this.#requests.read(sink, end)
  }

  #noParts(): SourceError {
    return this.#file.fail('OriginUnreachable', 'gives no parts of the file, only all of it', false)
  }

  /** Size and version without payload; servers that refuse HEAD are asked for one byte. */
  async #probe(): Promise<void> {
    const { now, onAnswer } = this.#parts
    const askedAt = now()
    const head = await this.#send('HEAD', {})
    onAnswer(now() - askedAt)
    head.body.destroy()
    const length = contentLength(head.headers)
    if (head.status === 200 && length !== undefined) {
      if (header(head.headers, 'accept-ranges') === 'none') this.#ranges = false
      this.#file.learn(head.headers, length)
      return
    }
    await this.#probeByGet()
  }

  async #probeByGet(): Promise<void> {
    const { granted, onRead } = this.#parts
    await granted.take(0, 1)
    let missing = 1
    try {
      const response = await this.#send('GET', { range: 'bytes=0-0' })
      const range = parseContentRange(header(response.headers, 'content-range'))
      if (response.status === 206) {
        for await (const bytes of this.#payload(response.body)) missing -= bytes.length
        onRead(1 - missing)
        return this.#file.learn(response.headers, range?.total)
      }
      if (response.status === 200) return this.#learnWhole(response)
      response.body.destroy()
      if (response.status !== 416 || range?.total !== 0) throw this.#file.statusError(response.status)
      granted.giveBack(1)
      this.#file.learn(response.headers, 0)
    } catch (error) {
      granted.giveBack(unsent(Math.max(0, missing), error))
      throw error
    }
  }

  /** The server does not know ranges and has begun to send all: that is read on with when its turn comes. */
  #learnWhole(response: OriginResponse): void {
    this.#whole?.body.destroy()
    this.#whole = response
    this.#ranges = false
    this.#file.learn(response.headers, contentLength(response.headers))
    this.#parts.onWhole()
  }

  async #begin(): Promise<Ingest> {
    const { known } = this.#file
    known.ingest ??= await this.#parts.begin(known.total)
    return known.ingest
  }

  /** Pinned to the version of the bytes that are here: another one answers 412, without sending what nobody wants. */
  async #requestRange(start: number, end: number, signal: AbortSignal): Promise<RangeAnswer | undefined> {
    const { pinned = {} } = this.#file
    const headers = { range: `bytes=${start}-${end - 1}`, ...ifMatchOf(pinned), ...ifRangeOf(pinned) }
    const response = await this.#send('GET', headers, AbortSignal.any([this.#parts.signal, signal]))
    try {
      const last = this.#acceptRange(response, start)
      return last === undefined ? undefined : { body: response.body, end: Math.min(last + 1, end) }
    } catch (error) {
      response.body.destroy()
      throw error
    }
  }

  /** The last byte that the body has; undefined when the server does not know ranges. */
  #acceptRange(response: OriginResponse, start: number): number | undefined {
    const { status, headers } = response
    const range = parseContentRange(header(headers, 'content-range'))
    if (status === 412) {
      throw this.#file.fail(
        'OriginChanged',
        'has another file now (it answers 412 for the pinned version)',
        false,
        true,
      )
    }
    if (status === 416) {
      this.#file.checkTotal(range?.total)
      throw this.#file.statusError(status)
    }
    if (status === 200) {
      this.#learnWhole(response)
      // Of all that it has begun to send nothing is of use: what the sockets hold of it counts as read.
      if (this.#parts.stretch !== undefined) throw this.#noParts()
      return undefined
    }
    if (status !== 206) throw this.#file.statusError(status)
    this.#file.learn(headers, range?.total)
    if (range?.start !== start || range.end === undefined) {
      throw this.#file.fail('OriginUnreachable', 'answers another range than asked for', true)
    }
    return range.end
  }

  /** A server without ranges sends all or nothing: leave for all is asked for first where the size is known. */
  async #readSequentially(ingest: Ingest): Promise<void> {
    const { granted } = this.#parts
    const { total } = this.#file.known
    let left = total ?? 0
    await granted.takeAll(0, left)
    const cover = async (position: number, bytes: number): Promise<void> => {
      // Where nobody says how much comes, leave is taken as it comes, ahead by a part of what came.
      const ahead = total === undefined ? Math.max(MiB, Math.ceil(position / 8)) : 0
      while (left < bytes) left += await granted.take(position + left, Math.max(bytes - left, ahead))
      left -= bytes
    }
    try {
      await this.#readWhole(ingest, cover)
    } catch (error) {
      granted.giveBack(unsent(left - (this.#whole?.body.readableLength ?? 0), error))
      throw error
    }
    granted.giveBack(left)
    if (total !== undefined && ingest.offset < total) {
      throw this.#file.fail('SizeMismatch', `ends after ${ingest.offset} of ${total} bytes`, true)
    }
  }

  /** Past the bytes that are here already; `cover` takes leave for every piece. */
  async #readWhole(ingest: Ingest, cover: (position: number, bytes: number) => Promise<void>): Promise<void> {
    this.#whole ??= await this.#send('GET', {})
    const response = this.#whole
    const skip = ingest.offset
    let position = 0
    try {
      if (response.status !== 200) throw this.#file.statusError(response.status)
      this.#file.learn(response.headers, contentLength(response.headers))
      for await (const bytes of this.#payload(response.body)) {
        await cover(position, bytes.length)
        const fresh = bytes.subarray(Math.max(0, Math.min(bytes.length, skip - position)))
        position += bytes.length
        this.#parts.onRead(bytes.length)
        const { total } = this.#file.known
        if (total !== undefined && position > total) {
          throw this.#file.fail('SizeMismatch', `sends more than the ${total} bytes expected`, false)
        }
        if (fresh.length > 0) await ingest.write(fresh)
      }
    } finally {
      response.body.destroy()
    }
  }

  #payload(body: Readable): AsyncGenerator<Buffer> {
    const { pace, signal } = this.#parts
    return payloadOf(body, this.#file.url, pace, signal)
  }

  #send(
    method: 'GET' | 'HEAD',
    headers: Record<string, string>,
    signal = this.#parts.signal,
  ): Promise<OriginResponse> {
    return this.#parts.http.send({ method, url: this.#file.url, headers, signal })
  }
}
