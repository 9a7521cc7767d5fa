// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { NoSpaceError } from '@patchswarm/swarm/store'
import type { Failure } from '../failure.ts'

/** What keeps this node from holding an artifact: for good, or as long as its store refuses chunks. */
export class Setbacks {
  #failure: Failure | undefined
  #trouble: (Failure & { since: number }) | undefined

  get failure(): Failure | undefined {
    return this.#failure
  }

  /** Chunks cannot be stored at the moment, since then (milliseconds since the epoch). */
  get trouble(): (Failure & { since: number }) | undefined {
    return this.#trouble
  }

  fail(error: unknown): void {
    this.#failure = storeFailure(error)
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
