// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type NodeDistribution, nodeDistributions } from '@patchswarm/api'
import { isAlreadyExists } from '@patchswarm/kube'
import { mergePatch } from '../merge-patch.ts'
import { unlessGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
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
  for (let start = 0; start < objects.length; start += width) {
    await Promise.all(objects.slice(start, start + width).map(create))
  }
}

/** Lets failed nodes begin again; a row that has changed meanwhile is left to the next plan. */
export async function beginAgain(
  { client, caches }: Parts,
  rows: Plan['again'],
  signal: AbortSignal,
): Promise<void> {
  const api = client.for(nodeDistributions)
  const write = async ({ object, status }: Plan['again'][number]): Promise<void> => {
    const { name, namespace, resourceVersion, uid = '' } = object.metadata
    const precondition = { uid, ...(resourceVersion ? { resourceVersion } : {}) }
    const patch = mergePatch(object.status, status)
    const written = await unlessGone(api.patchStatus(name, namespace, patch, precondition, signal))
    if (written) caches.nodeDistributions.observe(written)
  }
  for (let start = 0; start < rows.length; start += width) {
    await Promise.all(rows.slice(start, start + width).map(write))
  }
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
