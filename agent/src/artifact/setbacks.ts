// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { NoSpaceError } from '@patchswarm/swarm/store'
import type { Failure } from '../failure.ts'

/** Room may come, and a disk may be mounted anew. */
const RETRY_MS = 15_000

/** What keeps this node from holding an artifact: until a retry goes well, or as long as its store refuses chunks. */
export class Setbacks {
  readonly #retry: () => void
  #timer: NodeJS.Timeout | undefined
  #failure: Failure | undefined
  #trouble: (Failure & { since: number }) | undefined

  constructor(retry: () => void) {
    this.#retry = retry
  }

  get failure(): Failure | undefined {
    return this.#failure
  }

  /** Chunks cannot be stored at the moment, since then (milliseconds since the epoch). */
  get trouble(): (Failure & { since: number }) | undefined {
    return this.#trouble
  }

  fail(error: unknown): void {
    this.#failure = storeFailure(error)
    this.stop()
    this.#timer = setTimeout(this.#retry, RETRY_MS).unref()
  }

  /** All was done that is to be done here. */
  mend(): void {
    this.#failure = undefined
    this.stop()
  }

  /** Tries nothing again. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  rest(error: Error, now: number): void {
    this.#trouble = { ...storeFailure(error), since: this.#trouble?.since ?? now }
  }

  /** A chunk was stored, or what takes the room is gone. */
  goOn(): void {
    this.#trouble = undefined
  }
}

/** What went wrong with the files of the cache. */
export const storeFailure = (error: unknown): Failure => ({
  reason: error instanceof NoSpaceError ? 'InsufficientDisk' : 'StoreError',
  message: error instanceof Error ? error.message : String(error),
})
