// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ConfigMap, Informer, Reconcile, WorkQueue } from '@patchswarm/kube'
import { clockSkewMs } from '@patchswarm/swarm/membership'
import type { TrackerServer } from '@patchswarm/swarm/tracker'
import { membershipMs } from '../tracker/membership.ts'
import type { GoneNodes } from './gone-nodes.ts'
import type { Revocations } from './revocations.ts'

/** Revokes a Node that was deleted, and takes out what has run out. */
export function revokedNodeReconciler(
  revocations: Revocations,
  gone: GoneNodes,
  tracker: Pick<TrackerServer, 'clients'>,
): Reconcile {
  return async (node) => {
    const goneAt = gone.goneAt(node)
    if (goneAt !== undefined) {
      // Another leader may have done it, and peers of a new Node of this name may have proven themselves since.
      const until = revocations.get(node)?.until ?? 0
      const isDone = until >= goneAt + membershipMs + clockSkewMs
      if (!isDone)
        await revocations.revoke(node, 'the Node was deleted', connectedSince(tracker, node, goneAt))
      gone.forget(node)
    }
    const nextMs = await revocations.tidy()
    return nextMs === undefined ? {} : { requeueAfterMs: nextMs }
  }
}

/** Looks at everything at the beginning, then at Nodes that go and at what is written. */
export function enqueueRevokedNodes(
  queue: WorkQueue,
  gone: GoneNodes,
  cache: Informer<ConfigMap>,
  signal: AbortSignal,
): void {
  const add = (nodes: readonly string[]): void => nodes.forEach((node) => void queue.add(node))
  const written = ({ data = {} }: ConfigMap): string[] => Object.keys(data)
  const stops = [gone.onGone((node) => add([node])), cache.onChange(({ object }) => add(written(object)))]
  signal.addEventListener('abort', () => stops.forEach((stop) => void stop()), { once: true })
  add([...gone.names(), ...cache.list().flatMap(written)])
}

const connectedSince = (tracker: Pick<TrackerServer, 'clients'>, node: string, since: number): string[] =>
  tracker
    .clients()
    .filter(({ identity, connectedAt }) => identity.node === node && connectedAt > since)
    .map(({ peerId }) => peerId)
