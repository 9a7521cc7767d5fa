// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

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
import { isNotFound, type KubeClient } from '@patchswarm/kube'
import { vi } from 'vitest'
import { createAfresh } from '../../../support/afresh.ts'
import { testArtifact } from './peers.ts'

/** What users write: the API server fills in the rest. */
export async function createProfile(
  client: KubeClient,
  name: string,
  spec: object = {},
): Promise<P2PProfile> {
  const full = {
    nodeSelector: { pool: name },
    delivery: { allowedRoots: [{ path: '/opt/patches' }] },
    ...spec,
  }
  const object = { metadata: { name }, spec: full } as unknown as P2PProfile
  return await createAfresh(client.for(p2pProfiles), object)
}

export async function createArtifact(
  client: KubeClient,
  name: string,
  spec: object,
  namespace = operatorNamespace,
): Promise<PatchArtifact> {
  const full = {
    sources: [{ http: { url: 'http://origin.example/patch-1.bin' } }],
    digest: testArtifact.digest,
    ...spec,
  }
  const object = { metadata: { name, namespace }, spec: full } as unknown as PatchArtifact
  return await createAfresh(client.for(patchArtifacts), object)
}

export async function createJob(
  client: KubeClient,
  name: string,
  spec: object,
  namespace = operatorNamespace,
): Promise<DistributionJob> {
  const full = { delivery: { directory: '/opt/patches/base' }, ...spec }
  const object = { metadata: { name, namespace }, spec: full } as unknown as DistributionJob
  return await createAfresh(client.for(distributionJobs), object)
}

export const rowsOf = async (client: KubeClient, job: string): Promise<NodeDistribution[]> =>
  (await client.for(nodeDistributions).list({ namespace: operatorNamespace })).filter(
    (one) => one.spec.job === job,
  )

export interface WithConditions {
  metadata: { name: string; generation?: number }
  status?: { observedGeneration?: number; conditions?: Condition[] }
}

/** "True Seeded": status and reason of the Ready condition. */
export const readiness = ({ status }: WithConditions): string => {
  const ready = status?.conditions?.find((one) => one.type === 'Ready')
  return ready ? `${ready.status} ${ready.reason}` : 'none'
}

/** Waits until the object says so, and for this generation. */
export async function until<T extends WithConditions>(
  read: () => Promise<T>,
  wanted: string | ((object: T) => boolean),
  timeout = 20_000,
): Promise<T> {
  return await vi.waitFor(
    async () => {
      const object = await read()
      const right = typeof wanted === 'string' ? readiness(object) === wanted : wanted(object)
      if (right && object.status?.observedGeneration === object.metadata.generation) return object
      throw new Error(`wanted ${wanted}, found ${JSON.stringify(object.status)}`)
    },
    { timeout, interval: 100 },
  )
}

export const gone = (read: () => Promise<unknown>, timeout = 20_000): Promise<true> =>
  vi.waitFor(
    async () => {
      const found = await read().catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
      if (found !== undefined) throw new Error('still there')
      return true as const
    },
    { timeout, interval: 100 },
  )
