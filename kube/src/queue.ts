// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { type BackoffOptions, backoffMs } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Key, WorkQueue } from './types.ts'

export interface QueueOptions {
  clock?: Clock
  random?: () => number
  /** Of `addRateLimited`; default 200 ms doubling to 60 s. */
  backoff?: BackoffOptions
}

/** A `WorkQueue` with the workers' side of it. */
export interface Queue extends WorkQueue {
  /** The next key, which no other worker gets before `done`; undefined once the signal is aborted. */
  take(signal: AbortSignal): Promise<Key | undefined>
  /** Must follow every `take`. */
  done(key: Key): void
  /** `atLeastMs` is what a server asked for by Retry-After. */
  addRateLimited(key: Key, atLeastMs?: number): void
  /** How many times in a row the key was added rate-limited. */
  failures(key: Key): number
  /** Cancels the delayed keys; what is ready stays. */
  stop(): void
}

/**
 * Keys of objects to look at. A key waits here at most once, however often it is added, and is never worked on twice at
 * a time: added meanwhile, it comes again after `done`.
 */
export function createQueue(options: QueueOptions = {}): Queue {
  return new KeyQueue(options)
}

class KeyQueue implements Queue {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #backoff: BackoffOptions
  /** In the order of adding. */
  readonly #ready = new Set<Key>()
  readonly #working = new Set<Key>()
  readonly #again = new Set<Key>()
  readonly #delayed = new Map<Key, { at: number; cancel: () => void }>()
  readonly #failures = new Map<Key, number>()
  readonly #takers: ((key: Key) => void)[] = []

  constructor(options: QueueOptions) {
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#backoff = options.backoff ?? { baseMs: 200, maxMs: 60_000 }
  }

  get length(): number {
    return this.#ready.size
  }

  add(key: Key): void {
    this.#undelay(key)
    if (this.#working.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#ready.has(key)) return
    const taker = this.#takers.shift()
    if (taker) {
      this.#working.add(key)
      taker(key)
    } else {
      this.#ready.add(key)
    }
  }

  addAfter(key: Key, ms: number): void {
    if (ms <= 0) {
      this.add(key)
      return
    }
    if (this.#ready.has(key) || this.#again.has(key)) return
    const at = this.#clock.now() + ms
    const planned = this.#delayed.get(key)
    if (planned && planned.at <= at) return
    planned?.cancel()
    const cancel = this.#clock.after(ms, () => this.add(key))
    this.#delayed.set(key, { at, cancel })
  }

  addRateLimited(key: Key, atLeastMs = 0): void {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    this.addAfter(key, Math.max(atLeastMs, backoffMs(failures, this.#backoff, this.#random)))
  }

  forget(key: Key): void {
    this.#failures.delete(key)
  }

  failures(key: Key): number {
    return this.#failures.get(key) ?? 0
  }

  async take(signal: AbortSignal): Promise<Key | undefined> {
    if (signal.aborted) return undefined
    const [key] = this.#ready
    if (key !== undefined) {
      this.#ready.delete(key)
      this.#working.add(key)
      return key
    }
    return await this.#wait(signal)
  }

  done(key: Key): void {
    this.#working.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  stop(): void {
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
  }

  #wait(signal: AbortSignal): Promise<Key | undefined> {
    const { promise, resolve } = Promise.withResolvers<Key | undefined>()
    const taker = (key: Key) => {
      signal.removeEventListener('abort', onAbort)
      resolve(key)
    }
    const onAbort = () => {
      const index = this.#takers.indexOf(taker)
      if (index >= 0) this.#takers.splice(index, 1)
      resolve(undefined)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#takers.push(taker)
    return promise
  }

  #undelay(key: Key): void {
    this.#delayed.get(key)?.cancel()
    this.#delayed.delete(key)
  }
}
