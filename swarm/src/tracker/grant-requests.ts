// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Grant } from '../proto/tracker_pb.ts'
import { TrackerUnavailableError } from './errors.ts'

/** Grant requests on their way: each is answered, times out, is aborted or fails with its connection. */
export class GrantRequests {
  readonly #pending = new Map<number, { resolve(grant: Grant): void; reject(error: unknown): void }>()
  #lastId = 0

  /** @throws TrackerUnavailableError after `timeoutMs`; the signal's reason when aborted */
  async ask(send: (requestId: number) => void, timeoutMs: number, signal?: AbortSignal): Promise<Grant> {
    signal?.throwIfAborted()
    this.#lastId += 1
    const requestId = this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<Grant>()
    this.#pending.set(requestId, { resolve, reject })
    const late = () => reject(new TrackerUnavailableError(`no answer to a grant request in ${timeoutMs} ms`))
    const timer = setTimeout(late, timeoutMs)
    const onAbort = () => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    try {
      send(requestId)
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(requestId)
    }
  }

  answer(grant: Grant): void {
    this.#pending.get(grant.requestId)?.resolve(grant)
  }

  fail(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
  }
}
