// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution, NodeSkipReason } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { runsAgent } from '../p2p-profile/territory.ts'
import type { Observed } from './observed.ts'
import { isSameNode } from './selection.ts'
import { takeOverGraceMs } from './stall-clock.ts'

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

type Given = Pick<
  Observed,
  'nodes' | 'profile' | 'rivals' | 'connected' | 'awaySince' | 'reportIntervalMs' | 'now'
>

/**
 * The same for nodes that have begun: while its agent is connected one may finish, whatever else is said of the node, and an
 * agent that went just now, or has not found a new leader yet, comes back. When it has left the profile its agent is going.
 */
export function absenceOfRows({
  nodes,
  profile,
  rivals,
  connected,
  awaySince,
  reportIntervalMs,
  now,
}: Given) {
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]))
  return ({ spec: { nodeName, nodeUID } }: NodeDistribution): Absence | undefined => {
    const node = byName.get(nodeName)
    if (!node || !isSameNode(node, nodeUID)) return gone
    if (profile && !runsAgent(node, profile, rivals)) return leftBy(profile.metadata.name)
    const comesBack = mayComeBack({ reportIntervalMs, now }, awaySince.get(nodeName) ?? 0)
    return connected.has(nodeName) || comesBack ? undefined : absenceOf(node, now)
  }
}

const mayComeBack = ({ reportIntervalMs, now }: Pick<Observed, 'reportIntervalMs' | 'now'>, since: number) =>
  since > now.getTime() - takeOverGraceMs(reportIntervalMs)

/** Whether somebody is waited for who may stay away: nothing else says when that is over. */
export const isSomeoneMissed = (observed: Observed): boolean =>
  [...observed.awaySince.values()].some((since) => mayComeBack(observed, since))

const leftBy = (profile: string): Absence => ({
  reason: 'NodeLeft',
  message: `The Node has left P2PProfile ${profile}: by its labels or taints, or because an older profile has it now.`,
})

/** Of a node that has not begun: another job brings its own files under the same paths. */
export const replacedBy = (job: string | undefined): Absence | undefined =>
  job === undefined
    ? undefined
    : { reason: 'Replaced', message: `DistributionJob ${job} replaces this one (spec.delivery.replaces).` }
