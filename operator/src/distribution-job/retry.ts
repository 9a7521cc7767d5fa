// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  type NodeDistribution,
  type NodeDistributionStatus,
  shortenMessage,
} from '@patchswarm/api'
import { endedAt, rowConditions } from '../row-conditions.ts'

type Rollout = DistributionJob['spec']['rollout']

const firstDelayMs = 5_000
const longestDelayMs = 5 * 60_000

/** Whether a failed node gets another try: the job has a token it did not fail under, or tries are left. */
export function mayRetry(object: NodeDistribution, rollout: Rollout): boolean {
  const { status } = object
  if (status?.state !== 'Failed') return false
  return isNewToken(object, rollout) || (status.retries ?? 0) < (rollout.retries ?? 0)
}

/** Whether somebody asked for the failed nodes since this one began; who takes a token away asks for nothing. */
export const isNewToken = (object: NodeDistribution, { retryToken = '' }: Rollout): boolean =>
  retryToken !== '' && retryToken !== tokenOf(object)

const tokenOf = ({ spec, status }: NodeDistribution): string | undefined =>
  (status?.attempt ?? 1) === 1 ? spec.retryToken : status?.retryToken

/** When the next try may begin, in milliseconds: later each time, at once when somebody asked for it. */
export function retryAt(object: NodeDistribution, rollout: Rollout): number {
  const { status = {} } = object
  const failedAt = endedAt(object)
  if (isNewToken(object, rollout)) return failedAt
  // What is changed on the node again and again is repaired at ever greater distance, although that uses up no tries.
  const before = status.state === 'Delivered' ? (status.attempt ?? 1) - 1 : (status.retries ?? 0)
  return failedAt + Math.min(longestDelayMs, firstDelayMs * 2 ** before)
}

/** What the row of a node that begins again says. The number of the try is part of the work's name: the agent sees new work. */
export function againStatus(object: NodeDistribution, rollout: Rollout, now: Date): NodeDistributionStatus {
  const { status = {}, metadata } = object
  const attempt = (status.attempt ?? 1) + 1
  const message = shortenMessage(`Try ${attempt}, after ${status.reason}: ${status.message}`)
  const said = { state: 'Waiting', reason: 'Retrying', message } as const
  return {
    ...said,
    observedGeneration: metadata.generation ?? 0,
    conditions: rowConditions(object, said, now),
    attempt,
    retries: isNewToken(object, rollout) ? 0 : retriesAfter(status),
    ...(rollout.retryToken ? { retryToken: rollout.retryToken } : {}),
    progressPercent: 0,
    ...(status.startTime ? { startTime: status.startTime } : {}),
  }
}

/** Only failures use them up: to repair what was delivered begins anew, and who was away has failed no more than before. */
function retriesAfter({ state, retries = 0 }: NodeDistributionStatus): number {
  if (state === 'Delivered') return 0
  return state === 'Failed' ? retries + 1 : retries
}
