// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type NodeFailureReason, shortenMessage } from '@patchswarm/api'
import type { Claim } from './claims.ts'
import type { Observed } from './observed.ts'

/** Why a node's work is not handed out, for good. */
export interface Refusal {
  readonly reason: NodeFailureReason
  readonly message: string
}

/** Whether a node may begin: at once, later, or not at all. */
export type Footing = 'free' | 'wait' | Refusal

/**
 * An agent that is too old is waited for when the profile is about to replace it. A path belongs to the job that came first on a node;
 * a job that replaces that one waits until it is done there.
 */
export function footingOf(
  { job, claims, tooOld, agentsRoll }: Pick<Observed, 'job' | 'claims' | 'tooOld' | 'agentsRoll'>,
  node: string,
): Footing {
  const old = tooOld.get(node)
  if (old !== undefined)
    return agentsRoll.has(node) ? 'wait' : { reason: 'AgentTooOld', message: `${old}: ${update}` }
  const mine = claims.get(node) ?? []
  const conflict = mine.find((claim) => !claim.same && !isReplaced(claim, job))
  if (conflict) return { reason: 'PathConflict', message: shortenMessage(sentenceOf(conflict)) }
  return mine.some((claim) => claim.atWork) ? 'wait' : 'free'
}

const update =
  "give the chart an image of agents (image.agent) that is of its operator's release, then set a new spec.rollout.retryToken."

const isReplaced = ({ namespace, job }: Claim, { metadata, spec }: Observed['job']): boolean =>
  namespace === metadata.namespace && job === spec.delivery.replaces

const sentenceOf = ({ path, namespace, job }: Claim): string =>
  `${path} belongs to DistributionJob ${namespace}/${job} on this node: choose another directory or file name, delete that job, or name it in spec.delivery.replaces (and set a new spec.rollout.retryToken).`
