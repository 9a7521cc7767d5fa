// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import {
  type Condition,
  type DistributionJob,
  distributionJobs,
  type NodeDistribution,
  nodeDistributions,
  type PatchArtifact,
  patchArtifacts,
} from '@patchswarm/api'
import { createInformer, type KubeClient } from '@patchswarm/kube'
import type { Logger } from 'pino'

/** What the API says about one job, and when (in ms of `performance.now()`) its turns were first seen. */
export interface Observation {
  readonly artifact: PatchArtifact | undefined
  readonly job: DistributionJob | undefined
  /** By node name. */
  readonly nodes: ReadonlyMap<string, NodeDistribution>
  readonly ingestedAt: number | undefined
  readonly deliveredAt: ReadonlyMap<string, number>
}

/** Follows an artifact, a job of the same name and its NodeDistributions until the signal is aborted. */
export function observeJob(
  client: KubeClient,
  name: string,
  namespace: string,
  log: Logger,
  signal: AbortSignal,
): Observation {
  const common = { client, namespace, log }
  const artifacts = createInformer({ ...common, resource: patchArtifacts })
  const jobs = createInformer({ ...common, resource: distributionJobs })
  const distributions = createInformer({ ...common, resource: nodeDistributions })
  const deliveredAt = new Map<string, number>()
  let ingestedAt: number | undefined

  artifacts.onChange(({ object }) => {
    if (isTrue(object.status?.conditions, 'Ready')) ingestedAt ??= performance.now()
  })
  distributions.onChange(({ object: { spec, status } }) => {
    if (spec.job !== name || status?.state !== 'Delivered' || deliveredAt.has(spec.nodeName)) return
    deliveredAt.set(spec.nodeName, performance.now())
  })
  for (const informer of [artifacts, jobs, distributions]) informer.start(signal)

  return {
    get artifact() {
      return artifacts.get(name, namespace)
    },
    get job() {
      return jobs.get(name, namespace)
    },
    get nodes() {
      const ours = distributions.list().filter(({ spec }) => spec.job === name)
      return new Map(ours.map((object) => [object.spec.nodeName, object]))
    },
    get ingestedAt() {
      return ingestedAt
    },
    deliveredAt,
  }
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}
