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

/** A weak ETag must be sent in neither header (RFC 9110 §13.1.1, §13.1.5): the date stands in for it. */
const strongEtag = ({ etag }: Validator): string | undefined =>
  etag !== undefined && !etag.startsWith('W/') ? etag : undefined

/** "Nothing at all, 412, if it is another version": honoured by most servers. */
export function ifMatchOf(pinned: Validator): Record<string, string> {
  const etag = strongEtag(pinned)
  if (etag !== undefined) return { 'if-match': etag }
  return pinned.lastModified === undefined ? {} : { 'if-unmodified-since': pinned.lastModified }
}

/** "All of it instead of a range if it is another version": for servers that do not know If-Match. */
export function ifRangeOf(pinned: Validator): Record<string, string> {
  const validator = strongEtag(pinned) ?? pinned.lastModified
  return validator === undefined ? {} : { 'if-range': validator }
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
