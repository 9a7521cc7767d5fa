// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { TokenBucket } from './token-bucket.ts'

/** Lets bytes go at a limited rate, whoever asks in the order of asking. */
export interface Pace {
  /** Undefined when the bytes may go at once; else it resolves when they may. Never rejects. */
  take(bytes: number): Promise<void> | undefined
  /** Whether somebody waits: what moves less than it could does so because of the limit. */
  readonly limiting: boolean
}

/** What the exchange asks for a turn. */
export interface ExchangeLimits {
  readonly upload: Pace
  readonly download: Pace
  /** A peer has confirmed what the system had taken for it so many milliseconds before. */
  confirmed?(peer: string, ms: number): void
}

/** For those that nothing limits. */
export const unlimited: Pace = { take: () => undefined, limiting: false }

interface Waiting {
  readonly bytes: number
  readonly go: () => void
}

/** One limit of this node over all that it does at once; its rate may change at any time. */
export class Pacer implements Pace {
  readonly #now: () => number
  readonly #waiting: Waiting[] = []
  #bucket: TokenBucket | undefined
  #timer: NodeJS.Timeout | undefined
  #limitedMs = 0
  #limitedSince: number | undefined

  /** @param now milliseconds of a clock that does not run backwards */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get limiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Bytes a second; Infinity without a limit. */
  get rate(): number {
    return this.#bucket?.rate ?? Number.POSITIVE_INFINITY
  }

  /** For how long somebody has waited, in all. */
  get limitedMs(): number {
    return this.#limitedMs + (this.#limitedSince === undefined ? 0 : this.#now() - this.#limitedSince)
  }

  /** Holds at once, also for those that wait. */
  setRate(rate: number, mostBurstMs?: number): void {
    if (rate === Number.POSITIVE_INFINITY) {
      this.#bucket = undefined
    } else if (this.#bucket === undefined) {
      this.#bucket = new TokenBucket(rate, this.#now())
    } else {
      this.#bucket.setRate(rate, this.#now(), mostBurstMs)
    }
    this.#letGo()
  }

  take(bytes: number): Promise<void> | undefined {
    if (this.#bucket === undefined) {
      return
    }
    if (this.#waiting.length === 0 && this.#bucket.take(bytes, this.#now()) === 0) {
      return
    }
    this.#limitedSince ??= this.#now()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ bytes, go: resolve })
    if (this.#timer === undefined) {
      this.#letGo()
    }
    return promise
  }

  #letGo(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const wait = this.#bucket?.take(next.bytes, this.#now()) ?? 0
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#letGo(), Math.ceil(wait))
        this.#timer.unref()
        return
      }
      this.#waiting.shift()
      next.go()
    }
    if (this.#limitedSince !== undefined) {
      this.#limitedMs += this.#now() - this.#limitedSince
      this.#limitedSince = undefined
    }
  }
}
