// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { abortReason } from './abort.ts'

/** Time as an argument, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds that only go forward, whatever happens to the machine's date; for durations. */
  now(): number
  /** The date, for what is written into objects. */
  date(): Date
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void
}

/** setTimeout holds 32 bits of milliseconds and fires at once above. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** Waits; rejects with the signal's reason when it is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (signal?.aborted) {
    reject(abortReason(signal))
    return promise
  }
  const onAbort = () => {
    cancel()
    reject(abortReason(signal))
  }
  const cancel = clock.after(ms, () => {
    signal?.removeEventListener('abort', onAbort)
    resolve()
  })
  signal?.addEventListener('abort', onAbort, { once: true })
  return promise
}
