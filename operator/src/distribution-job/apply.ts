// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  distributionJobs,
  type NodeDistribution,
  nodeDistributions,
} from '@patchswarm/api'
import { isAlreadyExists } from '@patchswarm/kube'
import { mergePatch } from '../merge-patch.ts'
import { unlessGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { preconditionOf } from '../precondition.ts'
import type { Plan } from './plan.ts'

/** NodeDistributions written at a time. */
const width = 8

/**
 * Makes the NodeDistributions. Each goes into the cache at once, so that the next plan counts it before the watch brings
 * it; only from there does its work reach the node.
 */
export async function createAll(
  { client, caches }: Parts,
  objects: readonly NodeDistribution[],
  signal: AbortSignal,
): Promise<void> {
  const api = client.for(nodeDistributions)
  const create = async (object: NodeDistribution): Promise<void> => {
    try {
      caches.nodeDistributions.observe(await api.create(object, signal))
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      // Made before, by us or an earlier leader, and not yet seen.
      const { name, namespace } = object.metadata
      caches.nodeDistributions.observe(await api.get(name, namespace, signal))
    }
  }
  await someAtATime(objects, create)
}

/** Writes what the plan says of rows; one that has changed meanwhile is left to the next plan. */
export async function writeAll(
  { client, caches }: Parts,
  rows: Plan['rows'],
  signal: AbortSignal,
): Promise<void> {
  const api = client.for(nodeDistributions)
  const write = async ({ object, status }: Plan['rows'][number]): Promise<void> => {
    const { name, namespace } = object.metadata
    const patch = mergePatch(object.status, status)
    const written = await unlessGone(api.patchStatus(name, namespace, patch, preconditionOf(object), signal))
    if (written) caches.nodeDistributions.observe(written)
  }
  await someAtATime(rows, write)
}

/** Removes rows, unless another one has the name by now. */
export async function removeAll(
  { client }: Parts,
  objects: Plan['remove'],
  signal: AbortSignal,
): Promise<void> {
  const api = client.for(nodeDistributions)
  for (const { metadata } of objects) {
    const { name, namespace, uid } = metadata
    await api.delete(name, namespace, uid ? { uid } : {}, signal)
  }
}

/** Its NodeDistributions go with it, by the garbage collector. */
export async function removeJob({ client }: Parts, { metadata }: DistributionJob, signal: AbortSignal) {
  const { name, namespace, uid } = metadata
  await client.for(distributionJobs).delete(name, namespace, uid ? { uid } : {}, signal)
  return {}
}

export async function someAtATime<T>(items: readonly T[], write: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += width) {
    await Promise.all(items.slice(start, start + width).map(write))
  }
}
