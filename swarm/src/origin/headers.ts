// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Header values as undici gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** By what a later response is known to be of the same file. */
export interface Validator {
  readonly etag?: string
  readonly lastModified?: string
}

export interface ContentRange {
  /** Undefined for an answer 416. */
  readonly start: number | undefined
  readonly end: number | undefined
  /** Undefined when the server does not say ("*"). */
  readonly total: number | undefined
}

export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(value?.trim() ?? '')
  if (match === null) return undefined
  const [, start, end, total] = match
  return {
    start: start === undefined ? undefined : Number(start),
    end: end === undefined ? undefined : Number(end),
    total: total === '*' ? undefined : Number(total),
  }
}

export function contentLength(headers: Headers): number | undefined {
  const value = header(headers, 'content-length')
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

export function validatorOf(headers: Headers): Validator {
  const etag = header(headers, 'etag')
  const lastModified = header(headers, 'last-modified')
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  }
}

/** What If-Range may carry: a strong ETag, else the date; a weak ETag must not be sent there (RFC 9110 §13.1.5). */
export function ifRangeOf({ etag, lastModified }: Validator): string | undefined {
  return etag !== undefined && !etag.startsWith('W/') ? etag : lastModified
}

/** False only when both name a version and it is another: a response that names none proves nothing. */
export function sameVersion(a: Validator, b: Validator): boolean {
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag
  if (a.lastModified !== undefined && b.lastModified !== undefined) return a.lastModified === b.lastModified
  return true
}

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
