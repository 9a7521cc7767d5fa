// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels, type NodeDistribution, nodeDistributions } from '@patchswarm/api'
import { type Reconcile, splitKey } from '@patchswarm/kube'
import type { Report } from '@patchswarm/swarm/tracker'
import { mergePatch } from '../merge-patch.ts'
import { progressOf } from '../node-progress.ts'
import { onGone, unlessGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { preconditionOf } from '../precondition.ts'
import { plan } from './plan.ts'
import { createTurns } from './turns.ts'

/**
 * Live progress of all nodes together. The API server is to see at most 20 writes in any second: after a pause one comes early,
 * and one that was on its way for longer may arrive with the next.
 */
const progressPerSecond = 18

/** Writes what nodes report into their NodeDistributions: ends at once, live progress in turn. */
export function nodeDistributionReconciler(parts: Parts): Reconcile {
  const { client, caches, term, now } = parts
  const api = client.for(nodeDistributions)
  const turns = createTurns(progressPerSecond)
  const writtenAt = new Map<string, number>()
  onGone(caches.nodeDistributions, term, (uid) => {
    writtenAt.delete(uid)
    turns.leave(uid)
  })

  const write = async (object: NodeDistribution, patch: unknown, signal: AbortSignal): Promise<void> => {
    const { name, namespace, uid = '' } = object.metadata
    const written = await unlessGone(api.patchStatus(name, namespace, patch, preconditionOf(object), signal))
    if (!written) return
    writtenAt.set(uid, now())
    caches.nodeDistributions.observe(written)
  }

  /** Milliseconds until it may be this row's turn; 0 when it is. */
  const turn = (uid: string, notBefore: number): number => {
    const waitMs = notBefore - now()
    return waitMs > 0 ? waitMs : turns.take(uid, now())
  }

  return async (key, signal) => {
    const { name, namespace } = splitKey(key)
    const object = caches.nodeDistributions.get(name, namespace)
    if (!object) return {}
    const { uid = '' } = object.metadata
    const progress = progressOf(object, reportOn(parts, object))
    const planned = plan({ object, progress, lastWriteAt: writtenAt.get(uid), now: new Date(now()) })
    const patch = planned.when === 'never' ? undefined : mergePatch(object.status, planned.status)
    if (!patch || planned.when === 'now') turns.leave(uid)
    if (!patch) return {}
    const requeueAfterMs = planned.when === 'later' ? turn(uid, planned.at) : 0
    if (requeueAfterMs > 0) return { requeueAfterMs }
    await write(object, patch, signal)
    return {}
  }
}

const reportOn = ({ roster }: Parts, { metadata, spec }: NodeDistribution): Report | undefined =>
  roster.agentOn(metadata.labels?.[labels.profile] ?? '', spec.nodeName)?.report
