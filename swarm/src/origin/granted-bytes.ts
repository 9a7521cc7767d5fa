// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { fullJitter } from '../tracker/backoff.ts'
import { OriginError, type OriginReason } from './errors.ts'

/** With less leave than this a request is not worth its while: more is asked for first. */
const WORTHWHILE = 256 * 1024
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

/** What was granted and not yet asked of an origin. Kept from one try to the next, as a grant that is lost is lost to the budget. */
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

/**
 * Leave to read from the origin. It is taken before a request and for all that the request may bring; what came or may
 * have been sent is never given back, so the origin sends no byte that the tracker has not granted.
 */
export class GrantedBytes {
  /** Total as the origin states it, once known. */
  totalSize: number | undefined
  readonly #init: GrantedBytesInit

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
        // Not `bytes += await …`, which reads the sum before it waits.
        const granted = await this.#ask(offset + leave.bytes, wanted - leave.bytes)
        leave.bytes += granted
      } catch (error) {
        if (leave.bytes === 0 || !(error instanceof OriginError)) throw error
        break
      }
    }
    const taken = Math.min(leave.bytes, wanted)
    leave.bytes -= taken
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

  async #ask(offset: number, length: number): Promise<number> {
    const { ask, log, random, backoff, signal } = this.#init
    const request = { offset, length, totalSize: this.totalSize ?? 0 }
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        const { length: granted, reason, message } = await ask(request, signal)
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
