// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { SourceError } from './errors.ts'

const FIRST_REST_MS = 30_000
const LONGEST_REST_MS = 10 * 60_000
const WHOLE_MS = 10 * 60_000

export interface SourceHealth {
  readonly url: string
  readonly reachable: boolean
  readonly lastError: string
  /** From the first request to its answer; 0 before there was one. */
  readonly latencyMs: number
}

interface Standing extends SourceHealth {
  /** Times in a row that it was given up. */
  readonly failures: number
  /** Until then the others come first. */
  readonly restsUntil: number
  /** Until then it is not asked for parts. */
  readonly wholeUntil: number
}

/** How the sources of one artifact have done on this node, and hence in which order they are tried next. */
export class SourceBook {
  readonly #known = new Map<string, Standing>()

  /** What is known of each source that was tried. */
  list(): SourceHealth[] {
    return [...this.#known.values()].map(({ url, reachable, lastError, latencyMs }) => ({
      url,
      reachable,
      lastError,
      latencyMs,
    }))
  }

  /** Those that rest come last, the one that has rested longest first. None is left out: there may be no better one. */
  inOrder<T extends { readonly url: string }>(sources: readonly T[], now: number): T[] {
    const restsUntil = ({ url }: T): number => {
      const until = this.#known.get(url)?.restsUntil ?? 0
      return until > now ? until : 0
    }
    return [...sources].sort((a, b) => restsUntil(a) - restsUntil(b))
  }

  answered(url: string, latencyMs: number): void {
    this.#note(url, { reachable: true, latencyMs: Math.max(1, Math.round(latencyMs)) })
  }

  wentWell(url: string): void {
    this.#note(url, { reachable: true, lastError: '', failures: 0, restsUntil: 0 })
  }

  /** A try went wrong; another one may follow at once. */
  failed(url: string, { reason, message }: SourceError): void {
    const reachable = reason !== 'OriginUnreachable' && reason !== 'SourceForbidden'
    this.#note(url, { reachable, lastError: message })
  }

  /** No more tries for now: each time in a row it rests twice as long. */
  givenUp(url: string, now: number): void {
    const failures = (this.#known.get(url)?.failures ?? 0) + 1
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - 1))
    this.#note(url, { failures, restsUntil: now + restMs })
  }

  /** It was asked for a part and sends all, which costs the budget and helps nobody: not asked for one again so soon. */
  gaveWhole(url: string, now: number): void {
    this.#note(url, { wholeUntil: now + WHOLE_MS })
  }

  givesParts(url: string, now: number): boolean {
    return (this.#known.get(url)?.wholeUntil ?? 0) <= now
  }

  #note(url: string, news: Partial<Standing>): void {
    const before = this.#known.get(url) ?? nothing(url)
    this.#known.set(url, { ...before, ...news })
  }
}

const nothing = (url: string): Standing => ({
  url,
  reachable: false,
  lastError: '',
  latencyMs: 0,
  failures: 0,
  restsUntil: 0,
  wholeUntil: 0,
})
