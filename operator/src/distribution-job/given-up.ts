// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type NodeDistribution,
  type NodeDistributionStatus,
  setCondition,
  shortenMessage,
} from '@patchswarm/api'
import { isFinished } from '../node-progress.ts'
import type { Observed } from './observed.ts'
import { patienceMs } from './stall-clock.ts'

/** Rows of nodes that have got nothing done for too long, with the status that ends their try. */
export function givenUp(observed: Observed): { object: NodeDistribution; status: NodeDistributionStatus }[] {
  const { job, nodeDistributions, idleMs, reportIntervalMs } = observed
  const limit = patienceMs(job.spec.rollout.stallTimeoutSeconds, reportIntervalMs)
  return nodeDistributions
    .filter((one) => !isFinished(one) && (idleMs.get(one.metadata.name) ?? 0) >= limit)
    .map((object) => ({
      object,
      status: failedStatus(object, sentenceOf(observed, object, limit), observed.now),
    }))
}

function sentenceOf(
  { connected, live }: Observed,
  { spec, metadata }: NodeDistribution,
  limitMs: number,
): string {
  const seconds = Math.round(limitMs / 1000)
  const profile = metadata.labels?.['patchswarm.dev/profile']
  if (!connected.has(spec.nodeName)) {
    return `No agent of the node was connected for ${seconds} s: look at its Pod of DaemonSet patchswarm-${profile}-agent.`
  }
  const progress = live.get(metadata.name)
  if (!progress) return `The agent has not taken up the work in ${seconds} s: look at its log.`
  if (progress.state === 'Verifying') {
    return `Writing and hashing the file stood still for ${seconds} s: look at the node's disks.`
  }
  return `Nothing came for ${seconds} s although ${progress.usefulPeers} of the connected peers have what the node lacks: look at its network and disk.`
}

/** What the agent has reported stays, and the row says that it is over. */
function failedStatus(object: NodeDistribution, sentence: string, now: Date): NodeDistributionStatus {
  const reason = 'NoProgress'
  const message = shortenMessage(sentence)
  const observedGeneration = object.metadata.generation ?? 0
  const ready = { type: 'Ready', status: 'False', reason, message, observedGeneration } as const
  return {
    ...object.status,
    observedGeneration,
    conditions: setCondition(object.status?.conditions, ready, now),
    state: 'Failed',
    reason,
    message,
    rate: '-',
    completionTime: now.toISOString(),
  }
}
