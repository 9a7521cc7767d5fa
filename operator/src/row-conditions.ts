// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type Condition,
  findCondition,
  type NodeDistribution,
  removeCondition,
  setCondition,
} from '@patchswarm/api'

interface Said {
  readonly state: NonNullable<NonNullable<NodeDistribution['status']>['state']>
  readonly reason: string
  readonly message: string
}

/** The conditions of a NodeDistribution: what has failed or was left out is Stalled, what is not Ready and not Stalled is on its way. */
export function rowConditions(
  { status, metadata }: Pick<NodeDistribution, 'status' | 'metadata'>,
  { state, reason, message }: Said,
  now: Date,
): Condition[] {
  const about = { reason, message, observedGeneration: metadata.generation ?? 0 }
  const ready = { type: 'Ready', status: state === 'Delivered' ? 'True' : 'False', ...about } as const
  const next = setCondition(status?.conditions, ready, now)
  if (state !== 'Failed' && state !== 'Skipped') return removeCondition(next, 'Stalled')
  return setCondition(next, { type: 'Stalled', status: 'True', ...about }, now)
}

/**
 * When the operator wrote that the row's try was delivered or failed, in milliseconds since the epoch; 0 before. What is decided
 * by time goes by this: `completionTime` is of the node's own clock, which may be minutes off.
 */
export function endedAt({ status }: Pick<NodeDistribution, 'status'>): number {
  if (status?.state !== 'Delivered' && status?.state !== 'Failed') return 0
  const type = status.state === 'Delivered' ? 'Ready' : 'Stalled'
  return Date.parse(findCondition(status.conditions, type)?.lastTransitionTime ?? '') || 0
}
