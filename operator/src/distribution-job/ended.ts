// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  labels,
  type NodeDistribution,
  type NodeDistributionStatus,
  shortenMessage,
  workloadName,
} from '@patchswarm/api'
import { isFinished, isRefused } from '../node-progress.ts'
import { rowConditions } from '../row-conditions.ts'
import type { Observed } from './observed.ts'
import type { Picture } from './picture.ts'
import { patienceMs } from './stall-clock.ts'

/** A row with the status that it is to get. */
export interface RowUpdate {
  readonly object: NodeDistribution
  readonly status: NodeDistributionStatus
}

/** Rows whose work was never handed out: they say why, and that is their end. */
export function turnedAway({ nodeDistributions, now }: Observed): RowUpdate[] {
  return nodeDistributions.flatMap((object) => {
    const { refusal } = object.spec
    if (!refusal || !isRefused(object) || isFinished(object)) return []
    return [{ object, status: failedStatus(object, refusal, now) }]
  })
}

/** Rows of nodes that have got nothing done for too long, with the status that ends their try. */
export function givenUp(observed: Observed): RowUpdate[] {
  const { job, nodeDistributions, idleMs, reportIntervalMs } = observed
  const limit = patienceMs(job.spec.rollout.stallTimeoutSeconds, reportIntervalMs)
  return nodeDistributions
    .filter((one) => !isFinished(one) && !isRefused(one) && (idleMs.get(one.metadata.name) ?? 0) >= limit)
    .map((object) => ({
      object,
      status: failedStatus(
        object,
        { reason: 'NoProgress', message: sentenceOf(observed, object, limit) },
        observed.now,
      ),
    }))
}

/** Rows that nobody waits for any more, once all others are done: each is of a node that takes no part, and says so. */
export function leftBehind({ observed, views }: Picture): RowUpdate[] {
  const byNode = new Map(views.map((one) => [one.node, one]))
  return observed.nodeDistributions.flatMap((object) => {
    const skipped = byNode.get(object.spec.nodeName)
    if (isFinished(object) || skipped?.outcome !== 'skipped') return []
    const { reason, message } = skipped
    return [{ object, status: endedStatus(object, { state: 'Skipped', reason, message }, observed.now) }]
  })
}

function sentenceOf(
  { connected, live }: Observed,
  { spec, metadata }: NodeDistribution,
  limitMs: number,
): string {
  const seconds = Math.round(limitMs / 1000)
  const profile = metadata.labels?.[labels.profile] ?? ''
  if (!connected.has(spec.nodeName)) {
    return `No agent of the node was connected for ${seconds} s: look at its Pod of DaemonSet ${workloadName(profile, 'agent')}.`
  }
  const progress = live.get(metadata.name)
  if (!progress) return `The agent has not taken up the work in ${seconds} s: look at its log.`
  if (progress.state === 'Verifying') {
    return `Writing and hashing the file stood still for ${seconds} s: look at the node's disks.`
  }
  return `Nothing came for ${seconds} s although ${progress.usefulPeers} of the connected peers have what the node lacks: look at its network and disk.`
}

export const failedStatus = (
  object: Row,
  { reason, message }: { readonly reason: string; readonly message: string },
  now: Date,
): NodeDistributionStatus => ({
  ...endedStatus(object, { state: 'Failed', reason, message }, now),
  completionTime: now.toISOString(),
})

type Row = Pick<NodeDistribution, 'status' | 'metadata'>

/** What the agent has reported stays, and the row says that it is over. */
function endedStatus(
  object: Row,
  { state, reason, message }: { state: 'Failed' | 'Skipped'; reason: string; message: string },
  now: Date,
): NodeDistributionStatus {
  const said = { state, reason, message: shortenMessage(message) }
  return {
    ...object.status,
    ...said,
    observedGeneration: object.metadata.generation ?? 0,
    conditions: rowConditions(object, said, now),
    rate: '-',
  }
}
