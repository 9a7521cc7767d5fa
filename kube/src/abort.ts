// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What to throw for an aborted signal: always an Error, whatever `abort()` was given. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError')
}

/** Resolves when the signal is aborted; `dispose` forgets the listener. */
export function aborted(signal: AbortSignal): { promise: Promise<void>; dispose: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) {
    resolve()
    return { promise, dispose: () => undefined }
  }
  const onAbort = () => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  return { promise, dispose: () => signal.removeEventListener('abort', onAbort) }
}
