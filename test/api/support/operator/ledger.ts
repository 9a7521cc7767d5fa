// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  distributionJobs,
  type NodeDistribution,
  nodeDistributions,
  operatorNamespace,
} from '@patchswarm/api'
import {
  createInformer,
  type Informer,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '@patchswarm/kube'
import { silent } from '../cluster.ts'

/** Every version that rows and jobs ever had, in the order in which the API server took them. */
export interface Ledger {
  /** How many rows were at work after each change of one of them. */
  readonly atWork: readonly number[]
  /** Names of the rows that said something else after they had said Delivered. */
  readonly undone: ReadonlySet<string>
  readonly delivered: ReadonlySet<string>
  readonly jobs: readonly NonNullable<DistributionJob['status']>[]
}

/** Watches from now on, by a way of its own: what happens to the operators' does not happen to it. */
export async function keepLedger(client: KubeClient, signal: AbortSignal): Promise<Ledger> {
  const working = new Set<string>()
  const delivered = new Set<string>()
  const undone = new Set<string>()
  const atWork: number[] = []
  const jobs: NonNullable<DistributionJob['status']>[] = []
  const rows = await watchAll(client, nodeDistributions, signal)
  rows.onChange(({ type, object: { metadata, status } }) => {
    if (type === 'deleted' || isDone(status?.state)) working.delete(metadata.name)
    else working.add(metadata.name)
    atWork.push(working.size)
    if (status?.state === 'Delivered') delivered.add(metadata.name)
    else if (delivered.has(metadata.name)) undone.add(metadata.name)
  })
  const all = await watchAll(client, distributionJobs, signal)
  all.onChange(({ object }) => {
    if (object.status) jobs.push(object.status)
  })
  return { atWork, undone, delivered, jobs }
}

const isDone = (state: NonNullable<NodeDistribution['status']>['state']): boolean =>
  state === 'Delivered' || state === 'Failed'

async function watchAll<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  signal: AbortSignal,
): Promise<Informer<T>> {
  const informer = createInformer({ client, resource, namespace: operatorNamespace, log: silent })
  informer.start(signal)
  await informer.synced(signal)
  return informer
}
