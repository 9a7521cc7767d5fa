// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  isReasonOf,
  type NodeDistribution,
  type NodeDistributionStatus,
  nodeDistributionReasons,
} from '@patchswarm/api'
import type { DeliveryReport, Report } from '@patchswarm/swarm/tracker'

/** What a report may come to; that a node is skipped says the job. */
export type NodeState = Exclude<NonNullable<NodeDistributionStatus['state']>, 'Skipped'>

/** How far one node is with one job, told by its last report: the deliveries of all the job's artifacts together. */
export interface NodeProgress {
  readonly state: NodeState
  /** One that is documented, else empty. */
  readonly reason: string
  readonly message: string
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly bytes: { readonly origin: number; readonly peers: number; readonly cache: number }
  /** Bytes a second. */
  readonly rate: number
  readonly peers: number
  /** Connected peers that have something the node lacks. */
  readonly usefulPeers: number
  /** Bytes of the files that were copied and hashed so far by the tries that run. */
  readonly bytesChecked: number
  readonly files: readonly { path: string; sha256: string }[]
  /** Milliseconds since the epoch, 0 when not yet. */
  readonly startedAt: number
  readonly finishedAt: number
}

/** Names a delivery to the agents: stable over reconnects and leaders, and another one for each try. */
export const deliveryId = (jobUid: string, artifact: string, attempt = 1): string =>
  attempt === 1 ? `${jobUid}/${artifact}` : `${jobUid}/${artifact}/${attempt}`

/** Nothing more comes of this try, whatever its agent says. */
export const isFinished = ({ status }: NodeDistribution): boolean =>
  status?.state === 'Delivered' || status?.state === 'Failed' || status?.state === 'Skipped'

/** Its work was never handed out: what spoke against it before the node began is all that comes of this try. */
export const isRefused = ({ spec, status }: NodeDistribution): boolean =>
  spec.refusal !== undefined && (status?.attempt ?? 1) === 1

/** UID of the job that made it: its owner reference. */
export const jobUidOf = (object: NodeDistribution): string | undefined =>
  object.metadata.ownerReferences?.find((one) => one.kind === 'DistributionJob')?.uid

export const belongsTo = (object: NodeDistribution, job: DistributionJob): boolean =>
  object.metadata.namespace === job.metadata.namespace && jobUidOf(object) === job.metadata.uid

/** Undefined while the report does not speak of all of the job's deliveries: unknown is not the same as nothing done. */
export function progressOf(object: NodeDistribution, report: Report | undefined): NodeProgress | undefined {
  const jobUid = jobUidOf(object)
  if (!report || !jobUid) return undefined
  const reported = new Map(report.deliveries.map((one) => [one.id, one]))
  const { attempt } = object.status ?? {}
  const deliveries = object.spec.artifacts.map((one) => reported.get(deliveryId(jobUid, one.name, attempt)))
  return deliveries.every((one) => one !== undefined) ? together(deliveries) : undefined
}

function together(deliveries: readonly DeliveryReport[]): NodeProgress {
  const state = stateOf(deliveries)
  const speaker = deliveries.find((one) => one.state === state && one.reason !== '')
  const reason = speaker?.reason ?? ''
  const sum = (value: (one: DeliveryReport) => number): number =>
    deliveries.reduce((total, one) => total + value(one), 0)
  const starts = deliveries.map((one) => one.startedAt).filter((time) => time > 0)
  return {
    state,
    reason: isReasonOf(nodeDistributionReasons, reason) ? reason : '',
    message: speaker?.message ?? '',
    bytesDone: sum((one) => one.bytesDone),
    bytesTotal: sum((one) => one.bytesTotal),
    bytes: {
      origin: sum((one) => one.bytesFromOrigin),
      peers: sum((one) => one.bytesFromPeers),
      cache: sum((one) => one.bytesFromCache),
    },
    rate: sum((one) => one.rate),
    peers: Math.max(0, ...deliveries.map((one) => one.peers)),
    usefulPeers: Math.max(0, ...deliveries.map((one) => one.usefulPeers)),
    bytesChecked: sum((one) => one.bytesChecked),
    files: deliveries
      // What is only to be in the cache has no path.
      .filter((one) => one.state === 'Delivered' && one.path !== '')
      .map((one) => ({ path: one.path, sha256: one.sha256 })),
    startedAt: starts.length > 0 ? Math.min(...starts) : 0,
    finishedAt: Math.max(0, ...deliveries.map((one) => one.finishedAt)),
  }
}

/** A failure counts once nothing of the job runs on the node any more; before that the liveliest state speaks. */
function stateOf(deliveries: readonly DeliveryReport[]): NodeState {
  const states = deliveries.map((one) => one.state)
  for (const state of ['Fetching', 'Verifying', 'Waiting'] as const) {
    if (states.includes(state)) return state
  }
  if (states.includes('Failed')) return 'Failed'
  // A newer agent may know states that this operator does not: it is at work, and not done.
  return states.every((state) => state === 'Delivered') ? 'Delivered' : 'Fetching'
}
