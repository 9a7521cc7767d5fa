// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TrackerClient } from './client-types.ts'
import { TrackerUnavailableError } from './errors.ts'

/** @throws TrackerUnavailableError after `timeoutMs`; the signal's reason */
export async function whenConnected(
  client: Pick<TrackerClient, 'status' | 'onStatus'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  if (client.status.connected) return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const unsubscribe = client.onStatus(({ connected }) => connected && resolve())
  const message = `not connected to the tracker: ${client.status.lastError ?? 'connecting'}`
  const timer = setTimeout(() => reject(new TrackerUnavailableError(message)), timeoutMs)
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    await promise
  } finally {
    unsubscribe()
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
