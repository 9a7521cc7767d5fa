// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution, NodeDistributionStatus } from '@patchswarm/api'
import { isFinished, type NodeProgress } from '../node-progress.ts'
import { statusOf } from './status.ts'

/** Live progress of one node is written at most this often, in milliseconds. */
export const progressEveryMs = 10_000

/** All that one decision about a node's row rests on. */
export interface Observed {
  object: NodeDistribution
  /** What the node's agent said last; undefined while that is not known. */
  progress: NodeProgress | undefined
  /** When this operator wrote the row last, in milliseconds. */
  lastWriteAt: number | undefined
  now: Date
}

/**
 * now: a state that people wait for; at most three a node and job beside making the object. later: how far it is, not
 * before `at` and only as the cluster's share of writes allows.
 */
export type Plan =
  | { when: 'never' }
  | { when: 'now'; status: NodeDistributionStatus }
  | { when: 'later'; status: NodeDistributionStatus; at: number }

export function plan({ object, progress, lastWriteAt, now }: Observed): Plan {
  if (!progress || isFinished(object) || object.metadata.deletionTimestamp) return { when: 'never' }
  const status = statusOf(object, progress, now)
  if (isUrgent(object, progress)) return { when: 'now', status }
  const created = Date.parse(object.metadata.creationTimestamp ?? '') || 0
  return { when: 'later', status, at: (lastWriteAt ?? created) + progressEveryMs }
}

/** The first sign of work and the end. Going to and fro between waiting, fetching and verifying is progress. */
function isUrgent({ status }: NodeDistribution, { state }: NodeProgress): boolean {
  if (state === 'Delivered' || state === 'Failed') return true
  return state === 'Fetching' && status?.state === undefined
}
