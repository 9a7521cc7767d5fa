// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import type { Caches } from '../caches.ts'
import { isOver } from '../job-state.ts'
import { belongsTo, isRefused } from '../node-progress.ts'
import { rivalsNow } from '../p2p-profile/territory.ts'
import { selectNodes } from './selection.ts'

type Known = Pick<Caches, 'jobs' | 'nodeDistributions' | 'artifacts' | 'profiles' | 'nodes' | 'daemonSets'>

/** By node: the job that replaces this one there, because it has begun or means the node. */
export function replacersOf(
  { metadata: { name, namespace, uid } }: DistributionJob,
  caches: Known,
  operatorNamespace: string,
): Map<string, string> {
  const by = new Map<string, string>()
  for (const job of caches.jobs.list()) {
    const { metadata, spec } = job
    if (spec.delivery.replaces !== name || metadata.namespace !== namespace) continue
    if (metadata.uid === uid || metadata.deletionTimestamp) continue
    for (const node of nodesOf(job, caches, operatorNamespace)) by.set(node, metadata.name)
  }
  return by
}

function nodesOf(job: DistributionJob, caches: Known, operatorNamespace: string): string[] {
  const rows = caches.nodeDistributions.list().filter((one) => belongsTo(one, job) && !isRefused(one))
  const begun = rows.map((one) => one.spec.nodeName)
  const [first] = job.spec.artifacts
  const artifact = first && caches.artifacts.get(first.name, job.metadata.namespace)
  const profile = artifact && caches.profiles.get(artifact.spec.profile)
  if (!profile || isOver(job)) return begun
  const rivals = rivalsNow(profile, caches, operatorNamespace)
  const meant = selectNodes(job, profile, caches.nodes.list(), job.status?.startTime, rivals)
  return [...begun, ...meant.map((one) => one.metadata.name)]
}
