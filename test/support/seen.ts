// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Condition,
  type DistributionJob,
  distributionJobs,
  type NodeDistribution,
  nodeDistributions,
  operatorNamespace,
  type P2PProfile,
  type PatchArtifact,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import { isNotFound } from '@patchswarm/kube'
import type { Lab } from '../../lab/src/lab.ts'

interface WithConditions {
  metadata: { generation?: number }
  status?: { observedGeneration?: number; conditions?: Condition[] }
}

/** Looks again and again until there is something to see; the error tells what was seen last. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  { withinMs = 30_000, everyMs = 50, last = (): unknown => undefined } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) {
      throw new Error(
        `not within ${withinMs / 1000} s: ${what}; last seen: ${JSON.stringify(last(), null, 1)}`,
      )
    }
    await sleep(everyMs)
  }
}

/** Waits until the object's Ready condition has this reason, for its present generation. */
async function untilReason<T extends WithConditions>(
  what: string,
  read: () => Promise<T>,
  reason: string,
  withinMs?: number,
): Promise<{ object: T; message: string; ready: string }> {
  let object: T | undefined
  return await until(
    `${what} is ${reason}`,
    async () => {
      object = await read()
      const { metadata, status } = object
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')
      if (ready?.reason !== reason || status?.observedGeneration !== metadata.generation) return undefined
      return { object, message: ready.message, ready: ready.status }
    },
    { ...(withinMs && { withinMs }), last: () => object?.status },
  )
}

export const getArtifact = (lab: Lab, name: string, namespace = operatorNamespace): Promise<PatchArtifact> =>
  lab.cluster.client.for(patchArtifacts).get(name, namespace)

export const getJob = (lab: Lab, name: string, namespace = operatorNamespace): Promise<DistributionJob> =>
  lab.cluster.client.for(distributionJobs).get(name, namespace)

export const artifactIs = (
  lab: Lab,
  name: string,
  reason: string,
  { namespace = operatorNamespace, withinMs = 30_000 } = {},
): Promise<{ object: PatchArtifact; message: string; ready: string }> =>
  untilReason(`artifact ${name}`, () => getArtifact(lab, name, namespace), reason, withinMs)

export const jobIs = (
  lab: Lab,
  name: string,
  reason: string,
  { namespace = operatorNamespace, withinMs = 30_000 } = {},
): Promise<{ object: DistributionJob; message: string; ready: string }> =>
  untilReason(`job ${name}`, () => getJob(lab, name, namespace), reason, withinMs)

export const profileIs = (
  lab: Lab,
  name: string,
  reason: string,
  { withinMs = 60_000 } = {},
): Promise<{ object: P2PProfile; message: string; ready: string }> =>
  untilReason(`profile ${name}`, () => lab.cluster.client.for(p2pProfiles).get(name), reason, withinMs)

/** NodeDistributions of a job by node. */
export async function rowsOf(
  lab: Lab,
  job: string,
  namespace = operatorNamespace,
): Promise<Map<string, NodeDistribution>> {
  const rows = await lab.cluster.client.for(nodeDistributions).list({ namespace })
  return new Map(rows.filter(({ spec }) => spec.job === job).map((row) => [row.spec.nodeName, row]))
}

/** Waits until the API has no such object any more. */
export async function gone(what: string, read: () => Promise<unknown>, withinMs = 30_000): Promise<void> {
  let object: unknown
  await until(
    `${what} is gone`,
    async () => {
      try {
        object = await read()
        return Array.isArray(object) && object.length === 0
      } catch (error) {
        if (isNotFound(error as Error)) return true
        throw error
      }
    },
    { withinMs, last: () => object },
  )
}
