// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'
import { isWithin, UnknownTimeZoneError } from '../windows/index.ts'
import { type Bandwidth, type Limits, limitsAt } from './bandwidth.ts'
import { type ExchangeLimits, Pacer } from './pace.ts'
import { YieldingRate } from './yielding.ts'

/** A window begins and ends at most so much late, also when the system's clock was set. */
const lookMs = 1000

/** How often the rate of an uplink that gives way is looked at. */
const yieldMs = 200
/** What leaves all at once is a queue of its own making. */
const yieldBurstMs = 5

/** Limits are of IP packets, as lines are sold; what is counted here is payload: so much of a packet at the usual size. */
const payloadShare = 1448 / 1500

const none: Bandwidth = { windows: [] }

/** The limits of this node: what the profile says, at this hour, over all swarms and connections. */
export class NodeLimits implements ExchangeLimits {
  readonly upload = new Pacer()
  readonly download = new Pacer()
  readonly origin = new Pacer()
  readonly #log: Logger
  readonly #clock: () => number
  #bandwidth: Bandwidth = none
  #now: Limits = limitsAt(none, 0)
  /** Since when `now` holds. */
  #since = 0
  #timer: NodeJS.Timeout | undefined
  #yielding: YieldingRate | undefined
  #yieldTimer: NodeJS.Timeout | undefined

  /** @param clock milliseconds since 1970 */
  constructor(log: Logger, clock: () => number = Date.now) {
    this.#log = log
    this.#clock = clock
  }

  /** What holds now, for people: bytes a second, null without a limit. */
  view(): object {
    const shown = (rate: number) => (Number.isFinite(rate) ? rate : null)
    const { upload, download, origin, window, until } = this.#now
    return {
      upload: shown(upload),
      download: shown(download),
      origin: shown(origin),
      window: window === -1 ? null : window,
      until: Number.isFinite(until) ? new Date(until).toISOString() : null,
    }
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#lookAgain(), lookMs)
    this.#timer.unref()
  }

  /** Nobody is held back any more. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#setYield(false)
    for (const pacer of [this.upload, this.download, this.origin]) {
      pacer.setRate(Number.POSITIVE_INFINITY)
    }
  }

  /** Holds at once. A window in a time zone that is not known here never holds. */
  set(bandwidth: Bandwidth = none): void {
    this.#bandwidth = { ...bandwidth, windows: bandwidth.windows.filter((one) => this.#isKnown(one)) }
    this.#setYield(bandwidth.yield ?? false)
    this.#look()
  }

  confirmed(peer: string, ms: number): void {
    this.#yielding?.confirmed(peer, ms, performance.now())
  }

  #setYield(yes: boolean): void {
    if (yes === (this.#yielding !== undefined)) {
      return
    }
    clearInterval(this.#yieldTimer)
    this.#yielding = yes ? new YieldingRate() : undefined
    if (yes) {
      this.#yieldTimer = setInterval(() => this.#giveWay(), yieldMs)
      this.#yieldTimer.unref()
    }
  }

  #giveWay(): void {
    // What only the fixed limit holds back says nothing about the line: beyond that limit the other one would rise for ever.
    const limited = this.upload.limiting && this.upload.rate < this.#now.upload * payloadShare
    this.#yielding?.adjust(limited, performance.now())
    this.upload.setRate(this.#uploadRate(), yieldBurstMs)
  }

  #uploadRate(): number {
    return Math.min(this.#now.upload * payloadShare, this.#yielding?.rate ?? Number.POSITIVE_INFINITY)
  }

  #lookAgain(): void {
    const at = this.#clock()
    if (at < this.#since || at >= this.#now.until) {
      this.#look()
    }
  }

  #look(): void {
    this.#since = this.#clock()
    const limits = limitsAt(this.#bandwidth, this.#since)
    const { upload, download, origin } = limits
    const before = this.#now
    if (upload !== before.upload || download !== before.download || origin !== before.origin) {
      this.#log.info(
        { upload, download, origin, window: limits.window },
        'other limits hold, in bytes a second',
      )
    }
    this.#now = limits
    this.upload.setRate(this.#uploadRate())
    this.download.setRate(download * payloadShare)
    this.origin.setRate(origin * payloadShare)
  }

  #isKnown(window: Bandwidth['windows'][number]): boolean {
    try {
      isWithin(window, 0)
      return true
    } catch (error) {
      if (!(error instanceof UnknownTimeZoneError)) {
        throw error
      }
      this.#log.warn({ err: error, window }, 'a window of bandwidth is left out')
      return false
    }
  }
}
