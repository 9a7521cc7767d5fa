// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { isFinished, type NodeProgress } from '../node-progress.ts'
import { endedAt } from '../row-conditions.ts'
import type { Absence } from './absence.ts'

/** One node of the job, as its NodeDistribution says and, while it is at work, its agent's last report. */
export interface NodeView {
  readonly node: string
  /** `waiting`: it has failed and is to try again. */
  readonly outcome: 'waiting' | 'active' | 'succeeded' | 'failed' | 'skipped'
  /** The wave in which it began; empty without waves. */
  readonly wave: string
  /** Milliseconds since the epoch by the operator's clock, 0 while it is not done. */
  readonly finishedAt: number
  /** Empty while chunks come in. */
  readonly reason: string
  readonly message: string
  readonly progressPercent: number
  readonly bytesDone: number
  readonly rate: number
  readonly bytes: { readonly origin: number; readonly peers: number; readonly cache: number }
}

export interface Counters {
  desired: number
  waiting: number
  active: number
  succeeded: number
  failed: number
  skipped: number
}

/**
 * The views of a job's nodes. Outcomes come from NodeDistributions alone, so that a crash loses nothing and nothing
 * counts twice; a node that is absent before it was done is skipped. Live reports only refine how far the active ones are.
 */
export function viewsOf(
  objects: readonly NodeDistribution[],
  live: ReadonlyMap<string, NodeProgress>,
  absence: (object: NodeDistribution) => Absence | undefined,
  retries: (object: NodeDistribution) => boolean,
  artifactBytes: number,
): NodeView[] {
  return objects.map((object) => {
    const absent = absence(object)
    const outcome = outcomeOf(object, absent, retries)
    if (outcome === 'skipped' && absent) {
      return { ...fromStatus(object, outcome, artifactBytes), reason: absent.reason, message: absent.message }
    }
    const progress = outcome === 'active' ? live.get(object.metadata.name) : undefined
    return progress ? fromReport(object, progress) : fromStatus(object, outcome, artifactBytes)
  })
}

/** Every selected node and every NodeDistribution is in exactly one of the counters that `desired` sums up. */
export function countersOf(views: readonly NodeView[], waiting: number): Counters {
  const count = (outcome: NodeView['outcome']): number =>
    views.filter((one) => one.outcome === outcome).length
  return {
    desired: views.length + waiting,
    waiting: waiting + count('waiting'),
    active: count('active'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    skipped: count('skipped'),
  }
}

function outcomeOf(
  object: NodeDistribution,
  absent: Absence | undefined,
  retries: (object: NodeDistribution) => boolean,
): NodeView['outcome'] {
  if (isFinished(object) && !absent && retries(object)) return 'waiting'
  if (object.status?.state === 'Delivered') return 'succeeded'
  if (object.status?.state === 'Failed') return 'failed'
  return absent ? 'skipped' : 'active'
}

/** A selected node that is left out before it begins. */
export const skippedView = (node: Node, { reason, message }: Absence): NodeView => ({
  node: node.metadata.name,
  outcome: 'skipped',
  wave: '',
  finishedAt: 0,
  reason,
  message,
  progressPercent: 0,
  bytesDone: 0,
  rate: 0,
  bytes: { origin: 0, peers: 0, cache: 0 },
})

function fromReport(object: NodeDistribution, progress: NodeProgress): NodeView {
  const { reason, message, bytesDone, bytesTotal, rate, bytes } = progress
  return {
    node: object.spec.nodeName,
    outcome: 'active',
    wave: object.spec.wave ?? '',
    finishedAt: 0,
    reason,
    message,
    // 100 is said by the NodeDistribution alone, once the file lies there.
    progressPercent: Math.min(99, bytesTotal > 0 ? Math.floor((bytesDone * 100) / bytesTotal) : 0),
    bytesDone,
    rate,
    bytes,
  }
}

function fromStatus(object: NodeDistribution, outcome: NodeView['outcome'], artifactBytes: number): NodeView {
  const status = object.status ?? {}
  const progressPercent = status.progressPercent ?? 0
  return {
    node: object.spec.nodeName,
    outcome,
    wave: object.spec.wave ?? '',
    finishedAt: endedAt(object),
    reason: outcome === 'active' && status.reason === status.state ? '' : (status.reason ?? ''),
    message: status.message ?? '',
    progressPercent,
    bytesDone: outcome === 'succeeded' ? artifactBytes : Math.floor((artifactBytes * progressPercent) / 100),
    rate: 0,
    bytes: {
      origin: status.bytes?.origin ?? 0,
      peers: status.bytes?.peers ?? 0,
      cache: status.bytes?.cache ?? 0,
    },
  }
}
