// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { fullJitter } from '../tracker/backoff.ts'
import { OriginError, type OriginReason } from './errors.ts'

const MIN_STEP = 64 * 1024 * 1024
const STEP_PART = 0.05
/**
 * With this much left the next grant is asked for, so that reading does not wait for the answer. Not more, as what is
 * granted and not read when the seeder dies is lost to the budget.
 */
const ASK_AHEAD = 4 * 1024 * 1024
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
  request: { offset: number; length: number; totalSize: number },
  signal: AbortSignal,
) => Promise<GrantAnswer>

/** What may still be read of what was granted. Kept from one try to the next, as a grant that is lost is lost to the budget. */
export interface Leave {
  bytes: number
}

export interface GrantedBytesInit {
  readonly ask: AskGrant
  readonly leave: Leave
  readonly log: Logger
  readonly random: () => number
  readonly backoff: { baseMs: number; capMs: number }
  readonly signal: AbortSignal
}

/** Leave to read from the origin: not a byte is read that was not granted before. */
export class GrantedBytes {
  /** Total as the origin states it, once known. */
  totalSize: number | undefined
  readonly #init: GrantedBytesInit
  #asking: Promise<void> | undefined

  constructor(init: GrantedBytesInit) {
    this.#init = init
  }

  get available(): number {
    return this.#init.leave.bytes
  }

  /**
   * Waits until at least `bytes` may be read from `offset` on.
   * @param ahead asks for a whole step where something is lacking; false where nobody knows yet whether anything can be read
   * @throws OriginError when the tracker refuses for good (OriginBudgetExhausted, SizeMismatch)
   */
  async ensure(offset: number, bytes: number, ahead = true): Promise<void> {
    while (this.available < bytes) {
      this.#asking ??= this.#ask(offset + this.available, bytes - this.available, ahead)
      await this.#asking
    }
  }

  /** Counts bytes as read; asks for more ahead of need. */
  use(bytes: number, offset: number): void {
    const { leave } = this.#init
    if (bytes > leave.bytes) throw new RangeError('read without a grant')
    leave.bytes -= bytes
    const left = this.totalSize === undefined ? 0 : this.totalSize - offset
    if (leave.bytes < ASK_AHEAD && left > leave.bytes && this.#asking === undefined) {
      this.#asking = this.#ask(offset + leave.bytes, 1, true)
      // Its failure is met by the next ensure(), which asks again.
      this.#asking.catch(() => {})
    }
  }

  async #ask(offset: number, least: number, ahead: boolean): Promise<void> {
    try {
      const total = this.totalSize ?? 0
      const step = ahead ? Math.max(MIN_STEP, Math.ceil(total * STEP_PART), least) : least
      const length = total > offset ? Math.max(least, Math.min(step, total - offset)) : step
      // Not `bytes += await …`, which reads the sum before it waits and so forgets what is used meanwhile.
      const granted = await this.#askUntilAnswered({ offset, length, totalSize: total })
      this.#init.leave.bytes += granted
    } finally {
      this.#asking = undefined
    }
  }

  async #askUntilAnswered(request: { offset: number; length: number; totalSize: number }): Promise<number> {
    const { ask, log, random, backoff, signal } = this.#init
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        const { length, reason, message } = await ask(request, signal)
        if (length > 0) return length
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
