// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { EventRecorder, Informer, KubeObject, PlannedEvent, ResourceClient } from '@patchswarm/kube'
import { isEqual, mergePatch } from './merge-patch.ts'
import { onGone, unlessGone } from './on-gone.ts'
import { preconditionOf } from './precondition.ts'

type WithStatus<S> = KubeObject & { status?: S }

export interface StatusWriterOptions<T, S> {
  api: ResourceClient<T & KubeObject>
  cache: Informer<T & KubeObject>
  events: EventRecorder
  /** The part of a status whose changes are written at once; the rest is live progress. */
  essence: (status: S) => unknown
  /** Live progress of one object is written at most this often, in milliseconds. */
  progressEveryMs: number
  /** Until when it writes. */
  term: AbortSignal
  now: () => number
}

export interface StatusWriter<T, S> {
  /**
   * Writes what differs, then the Events. Nothing is written when nothing differs. A read that was out of date ends in a
   * conflict, never in an overwritten status.
   * @returns milliseconds after which live progress held back may be written, if there is any
   */
  write(
    object: T,
    status: S,
    events: readonly PlannedEvent[],
    signal: AbortSignal,
  ): Promise<number | undefined>
}

export function createStatusWriter<T extends WithStatus<S>, S extends object>(
  options: StatusWriterOptions<T, S>,
): StatusWriter<T, S> {
  const { api, cache, events, essence, progressEveryMs, term, now } = options
  const writtenAt = new Map<string, number>()
  onGone(cache, term, (uid) => writtenAt.delete(uid))
  return {
    async write(object, status, planned, signal) {
      const patch = mergePatch(object.status, status)
      if (!patch) return undefined
      const { name, namespace, uid = '' } = object.metadata
      const wait = (writtenAt.get(uid) ?? Number.NEGATIVE_INFINITY) + progressEveryMs - now()
      const onlyProgress = object.status !== undefined && isEqual(essence(object.status), essence(status))
      if (onlyProgress && wait > 0) return wait
      const written = await unlessGone(
        api.patchStatus(name, namespace, patch, preconditionOf(object), signal),
      )
      if (!written) return undefined
      cache.observe(written)
      writtenAt.set(uid, now())
      for (const event of planned) events.record(written, event)
      return undefined
    },
  }
}
