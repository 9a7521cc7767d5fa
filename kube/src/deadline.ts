// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { abortReason } from './abort.ts'

export interface Deadline extends Disposable {
  /** Aborted with the caller's signal, or when the time is up. */
  readonly signal: AbortSignal
  readonly expired: boolean
}

/** For one call. AbortSignal.timeout and AbortSignal.any would stay until the time is up: thousands of them, in a large job. */
export function createDeadline(ms: number, signal: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal && abortReason(signal))
  let expired = false
  const timer = setTimeout(() => {
    expired = true
    controller.abort()
  }, ms)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    get expired() {
      return expired
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}
