// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob, P2PProfile } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { matches } from '../label-selector.ts'
import { type Rival, runsAgent } from '../p2p-profile/territory.ts'

/**
 * Nodes that the job means: those that run the profile's agent (its nodeSelector, its tolerations, no older profile that
 * has them) and that the target names. With completion policy Once only nodes created before the job's start belong to it.
 */
export function selectNodes(
  job: DistributionJob,
  profile: P2PProfile,
  nodes: readonly Node[],
  startTime: string | undefined,
  rivals: readonly Rival[] = [],
): Node[] {
  const target = job.spec.target ?? {}
  const startedAt = startTime ? Date.parse(startTime) : Number.POSITIVE_INFINITY
  const names = target.nodeNames?.length ? new Set(target.nodeNames) : undefined
  return nodes.filter(
    (node) =>
      !node.metadata.deletionTimestamp &&
      (job.spec.completionPolicy === 'KeepCurrent' || existedAt(node, startedAt)) &&
      runsAgent(node, profile, rivals) &&
      (!names || names.has(node.metadata.name)) &&
      matches(target.nodeSelector, node.metadata.labels),
  )
}

/** Whether this is still the machine that a row was made for, and not another of the same name. */
export const isSameNode = (node: Node | undefined, uid: string | undefined): boolean =>
  uid === undefined || node?.metadata.uid === uid

const existedAt = ({ metadata: { creationTimestamp } }: Node, time: number): boolean =>
  creationTimestamp === undefined || Date.parse(creationTimestamp) <= time
