// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Ingest } from '../store/types.ts'
import { SourceError } from './errors.ts'
import type { GrantedBytes } from './granted-bytes.ts'
import { type Headers, header, sameVersion, type Validator, validatorOf } from './headers.ts'

/** What is known of the file, shared by all tries at all sources. */
export interface FileState {
  /** Bytes of the whole file, as spec or origin state them. */
  total: number | undefined
  ingest: Ingest | undefined
  /** By URL: the version that the bytes taken so far are of. */
  readonly pins: Map<string, Validator>
}

/** The file as one source has it, held against what is known of it. */
export class SourceFile {
  readonly url: string
  readonly known: FileState
  readonly #granted: GrantedBytes
  readonly #onPins: () => void

  constructor(url: string, known: FileState, granted: GrantedBytes, onPins: () => void) {
    this.url = url
    this.known = known
    this.#granted = granted
    this.#onPins = onPins
  }

  /** The version of the bytes taken so far; undefined before the first answer. */
  get pinned(): Validator | undefined {
    return this.known.pins.get(this.url)
  }

  /** Checks what the source states against what is known, before a byte is taken from it. */
  learn(headers: Headers, total: number | undefined): void {
    const encoding = header(headers, 'content-encoding') ?? 'identity'
    if (encoding !== 'identity') {
      throw this.fail(
        'OriginUnreachable',
        `sends the file encoded as ${encoding} although asked not to`,
        false,
      )
    }
    this.#checkVersion(headers)
    this.checkTotal(total)
    this.known.total ??= total
    this.#granted.totalSize = this.known.total
  }

  #checkVersion(headers: Headers): void {
    const now = validatorOf(headers)
    const { pinned } = this
    if (pinned === undefined) {
      this.known.pins.set(this.url, now)
      this.#onPins()
    } else if (!sameVersion(pinned, now)) {
      const seen = `${pinned.etag ?? pinned.lastModified} became ${now.etag ?? now.lastModified}`
      throw this.fail('OriginChanged', `has another file now (${seen})`, false)
    }
  }

  /** @throws SourceError when it is of another size than what is known */
  checkTotal(total: number | undefined): void {
    const known = this.known.total
    if (known !== undefined && total !== undefined && known !== total) {
      throw this.fail('SizeMismatch', `announces ${total} bytes where ${known} are expected`, false)
    }
  }

  statusError(status: number): SourceError {
    // A 4xx is said for good, but for those that speak of the moment.
    const again = status >= 500 || status === 408 || status === 429
    return this.fail('OriginUnreachable', `answers ${status}`, again, status >= 400)
  }

  fail(reason: SourceError['reason'], what: string, again: boolean, refused = false): SourceError {
    return new SourceError(reason, `${this.url} ${what}`, again, { refused })
  }
}
