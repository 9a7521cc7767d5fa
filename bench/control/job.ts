// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DistributionJob,
  distributionJobs,
  findCondition,
  labels,
  operatorNamespace,
  type PatchArtifact,
  patchArtifacts,
} from '@patchswarm/api'
import type { KubeClient } from '@patchswarm/kube'

export const profile = 'bench'
const name = 'patch-1'

/** Resolves when the seeder has it and the operator knows. */
export async function createArtifact(client: KubeClient): Promise<void> {
  const artifacts = client.for(patchArtifacts)
  const spec = {
    profile,
    sources: [{ http: { url: 'http://origin.example/patch-1.bin' } }],
    digest: `sha256:${'ab'.repeat(32)}`,
  }
  const metadata = { name, namespace: operatorNamespace, labels: { [labels.profile]: profile } }
  await artifacts.create({ metadata, spec } as unknown as PatchArtifact)
  await until(async () => {
    const { status } = await artifacts.get(name, operatorNamespace)
    return findCondition(status?.conditions, 'Ready')?.status === 'True' ? true : undefined
  })
}

/** Resolves when it has ended, with what it says then. */
export async function runJob(client: KubeClient): Promise<DistributionJob> {
  const jobs = client.for(distributionJobs)
  const spec = { artifacts: [{ name }], delivery: { directory: '/opt/patches' } }
  await jobs.create({ metadata: { name, namespace: operatorNamespace }, spec } as unknown as DistributionJob)
  return await until(async () => {
    const job = await jobs.get(name, operatorNamespace)
    const isTrue = (type: string) => findCondition(job.status?.conditions, type)?.status === 'True'
    return isTrue('Complete') || isTrue('Failed') ? job : undefined
  })
}

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await read()
    if (found !== undefined) return found
    await sleep(100)
  }
}
