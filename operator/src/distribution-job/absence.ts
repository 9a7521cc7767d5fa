// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeSkipReason } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'

/** Why a node takes no part for now: the job neither waits for it nor counts it as failed. */
export interface Absence {
  readonly reason: NodeSkipReason
  readonly message: string
}

/** A node is given this long to come back before a job goes on without it. */
export const absenceGraceMs = 60_000

export const gone: Absence = { reason: 'NodeGone', message: 'The Node has been deleted.' }

/**
 * Whether a node that has not begun is left out: it is being removed, cordoned, or has not been ready for a while.
 * Undefined when it takes part.
 */
export function absenceOf(node: Node | undefined, now: Date): Absence | undefined {
  if (!node || node.metadata.deletionTimestamp) return gone
  const ready = node.status?.conditions?.find((one) => one.type === 'Ready')
  const since = Date.parse(ready?.lastTransitionTime ?? '') || 0
  if (ready && ready.status !== 'True' && now.getTime() - since >= absenceGraceMs) {
    return {
      reason: 'NodeNotReady',
      message: `The Node has not been ready since ${ready.lastTransitionTime}: ${ready.message ?? ready.reason ?? ready.status}`,
    }
  }
  if (node.spec?.unschedulable) {
    return { reason: 'NodeCordoned', message: 'The Node is cordoned (spec.unschedulable).' }
  }
  return undefined
}

/** The same for a node at work: while its agent is connected it may finish, whatever else is said of the node. */
export function absenceAtWork(node: Node | undefined, connected: boolean, now: Date): Absence | undefined {
  if (!node) return gone
  return connected ? undefined : absenceOf(node, now)
}

/** Of a node that has not begun: another job brings its own files under the same paths. */
export const replacedBy = (job: string | undefined): Absence | undefined =>
  job === undefined
    ? undefined
    : { reason: 'Replaced', message: `DistributionJob ${job} replaces this one (spec.delivery.replaces).` }
