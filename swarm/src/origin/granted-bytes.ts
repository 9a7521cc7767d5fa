// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { fullJitter } from '../tracker/backoff.ts'
import { OriginError, type OriginReason } from './errors.ts'

/** With less leave than this a request is not worth its while: more is asked for first. */
const WORTHWHILE = 256 * 1024
/** Where leave outlives the process there is some for so many requests to come: a minute, as one is for two seconds. */
const REQUESTS_AHEAD = 30
/** Of the most that was held, a request is for one part in so many: that is what dies with a process. */
const REQUEST_PART = 4
/** Refusals that asking again will not change. */
const FINAL: readonly string[] = ['OriginBudgetExhausted', 'SizeMismatch']

export interface GrantAnswer {
  /** 0 when refused. */
  readonly length: number
  readonly reason: string
  readonly message: string
}

/** Asks the tracker for leave to read [offset, offset + length); may reject while the tracker is away. */
export type AskGrant = (
  request: { offset: number; length: number; totalSize: number; held?: number },
  signal: AbortSignal,
) => Promise<GrantAnswer>

/** What was granted and not yet asked of an origin. Kept from one try to the next, as a grant that is lost is lost to the budget. */
export interface Leave {
  bytes: number
  /** Where it outlives the process: writes `bytes` down. No request is made before that, so nothing is ever used twice. */
  readonly keep?: () => Promise<void>
}

export interface GrantedBytesInit {
  readonly ask: AskGrant
  readonly leave: Leave
  readonly log: Logger
  readonly random: () => number
  readonly backoff: { baseMs: number; capMs: number }
  readonly signal: AbortSignal
}

/**
 * Leave to read from the origin. It is taken before a request and for all that the request may bring; what came or may
 * have been sent is never given back, so the origin sends no byte that the tracker has not granted.
 */
export class GrantedBytes {
  /** Total as the origin states it, once known. */
  totalSize: number | undefined
  readonly #init: GrantedBytesInit
  #asking: Promise<void> | undefined
  /** That was held at once. */
  #most = 0

  constructor(init: GrantedBytesInit) {
    this.#init = init
  }

  /**
   * Takes leave for a request of at most `wanted` bytes from `offset` on; waits for a grant where there is too little.
   * @returns at least 1
   * @throws OriginError when the tracker refuses for good (OriginBudgetExhausted, SizeMismatch) and nothing is left
   */
  async take(offset: number, wanted: number): Promise<number> {
    const { leave } = this.#init
    while (leave.bytes < Math.min(wanted, WORTHWHILE)) {
      try {
        if (this.#asking !== undefined) await this.#asking
        else {
          // Not `bytes += await …`, which reads the sum before it waits.
          const granted = await this.#insist(offset, wanted)
          leave.bytes += granted
        }
      } catch (error) {
        if (leave.bytes === 0 || !(error instanceof OriginError)) throw error
        break
      }
    }
    const taken = Math.min(leave.bytes, wanted, this.#largest())
    leave.bytes -= taken
    await this.#writeDown(taken)
    this.#askAhead(offset + taken, wanted)
    return taken
  }

  /** Takes leave for all of it. @throws OriginError, having taken nothing */
  async takeAll(offset: number, bytes: number): Promise<void> {
    let taken = 0
    try {
      while (taken < bytes) taken += await this.take(offset + taken, bytes - taken)
    } catch (error) {
      this.giveBack(taken)
      throw error
    }
  }

  /** Leave that was taken for bytes which the origin has certainly not sent. */
  giveBack(bytes: number): void {
    this.#init.leave.bytes += bytes
  }

  #largest(): number {
    const { leave } = this.#init
    this.#most = Math.max(this.#most, leave.bytes)
    return leave.keep ? Math.max(WORTHWHILE, Math.ceil(this.#most / REQUEST_PART)) : Infinity
  }

  async #writeDown(taken: number): Promise<void> {
    const { leave } = this.#init
    try {
      await leave.keep?.()
    } catch (error) {
      leave.bytes += taken
      throw error
    }
  }

  /** Leave for what comes after this request, so that an operator that is away is not missed for a while. */
  #askAhead(offset: number, wanted: number): void {
    const { leave, log } = this.#init
    if (!leave.keep || this.#asking !== undefined || 2 * leave.bytes >= this.#reach(offset, wanted)) return
    this.#asking = this.#ask(offset, wanted)
      .then(({ length }) => {
        leave.bytes += length
        return leave.keep?.()
      })
      .catch((error) => log.info({ err: error }, 'no leave ahead of its need'))
      .finally(() => {
        this.#asking = undefined
      })
  }

  /** How many bytes from `offset` on there should be leave for. */
  #reach(offset: number, wanted: number): number {
    if (!this.#init.leave.keep || this.totalSize === undefined) return wanted
    return Math.min(REQUESTS_AHEAD * wanted, this.totalSize - offset)
  }

  #ask(offset: number, wanted: number): Promise<GrantAnswer> {
    const { ask, leave, signal } = this.#init
    const { bytes: held, keep } = leave
    const length = Math.max(wanted, this.#reach(offset, wanted)) - held
    const totalSize = this.totalSize ?? 0
    return ask({ offset: offset + held, length, totalSize, ...(keep && { held }) }, signal)
  }

  /** Until there is an answer. */
  async #insist(offset: number, wanted: number): Promise<number> {
    const { log, random, backoff, signal } = this.#init
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        const { length: granted, reason, message } = await this.#ask(offset, wanted)
        if (granted > 0) return granted
        if (FINAL.includes(reason)) throw new OriginError(reason as OriginReason, message)
        log.info({ reason, message }, 'no grant to read from the origin yet')
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof OriginError) throw error
        // The operator is away: without it nobody may read, however long that takes.
        log.info({ err: error }, 'no answer to a grant request')
      }
      await sleep(fullJitter(attempt, random, backoff), undefined, { signal })
    }
  }
}
