// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob, P2PProfile } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { matches } from '../label-selector.ts'
import { runsDaemons } from '../taints.ts'

/**
 * Nodes that the job means: those that run the profile's agent (its nodeSelector, its tolerations) and that the target
 * names. With completion policy Once only nodes created before the job's start belong to it.
 */
export function selectNodes(
  job: DistributionJob,
  profile: P2PProfile,
  nodes: readonly Node[],
  startTime: string | undefined,
): Node[] {
  const target = job.spec.target ?? {}
  const names = target.nodeNames?.length ? new Set(target.nodeNames) : undefined
  return nodes.filter(
    (node) =>
      !node.metadata.deletionTimestamp &&
      (job.spec.completionPolicy === 'KeepCurrent' || existedAt(node, startTime)) &&
      runsAgent(node, profile) &&
      (!names || names.has(node.metadata.name)) &&
      matches(target.nodeSelector, node.metadata.labels),
  )
}

/** Whether the profile's DaemonSet has a Pod on this node. */
export function runsAgent(node: Node, profile: P2PProfile): boolean {
  return (
    matches({ matchLabels: profile.spec.nodeSelector ?? {} }, node.metadata.labels) &&
    runsDaemons(node.spec?.taints, profile.spec.tolerations)
  )
}

/** Whether this is still the machine that a row was made for, and not another of the same name. */
export const isSameNode = (node: Node | undefined, uid: string | undefined): boolean =>
  uid === undefined || node?.metadata.uid === uid

const existedAt = (node: Node, startTime: string | undefined): boolean =>
  !startTime ||
  !node.metadata.creationTimestamp ||
  Date.parse(node.metadata.creationTimestamp) <= Date.parse(startTime)
