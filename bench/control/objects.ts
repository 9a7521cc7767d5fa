// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DistributionJob,
  distributionJobs,
  findCondition,
  labels,
  operatorNamespace,
  type P2PProfile,
  type PatchArtifact,
  p2pProfiles,
  patchArtifacts,
  type Role,
  tokenAudience,
  workloadName,
} from '@patchswarm/api'
import {
  DAEMON_SET,
  isNotFound,
  type KubeClient,
  NODE,
  POD,
  type PodTemplateSpec,
  STATEFUL_SET,
} from '@patchswarm/kube'
import { requestPodToken } from '../../lab/src/kubelet/service-account-token.ts'
import type { Simulated } from './simulated.ts'

export const profile = 'bench'
const name = 'patch-1'
const TOKEN_SECONDS = 24 * 3600
/** Calls to the API server that are under way at once. */
const AT_ONCE = 32

/** Nodes with a Pod of the profile on each, and a seeder on the first: what the agents of the benchmark are. */
export async function createNodes(client: KubeClient, count: number, tracker: string): Promise<Simulated[]> {
  const nodes = Array.from({ length: count }, (_, at) => `node-${String(at).padStart(4, '0')}`)
  const spec = {
    nodeSelector: { pool: profile },
    delivery: { allowedRoots: [{ path: '/opt/patches' }] },
    transport: { allowedCIDRs: ['127.0.0.0/8'] },
  }
  await client.for(p2pProfiles).create({ metadata: { name: profile }, spec } as unknown as P2PProfile)
  const agents = await until(() =>
    client.for(DAEMON_SET).get(workloadName(profile, 'agent'), operatorNamespace),
  )
  const seeders = await until(() =>
    client.for(STATEFUL_SET).get(workloadName(profile, 'seeder'), operatorNamespace),
  )
  const runOn = async (at: number, role: Role, template: PodTemplateSpec): Promise<Simulated> => {
    const node = nodes[at] ?? ''
    const token = await tokenOfPod(client, node, role, template)
    return { role, profile, token, address: addressOf(at), tracker, trackerPeerId: trackerOf(template) }
  }
  const running = await forEach(nodes, async (node, at) => {
    await createNode(client, node)
    return runOn(at, 'agent', agents.spec.template)
  })
  return [await runOn(0, 'seeder', seeders.spec.template), ...running]
}

/** All of 127.0.0.0/8 is this machine. */
const addressOf = (at: number): string => `127.100.${at >> 8}.${at & 255}`

async function createNode(client: KubeClient, node: string): Promise<void> {
  const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  await client.for(NODE).create({
    metadata: { name: node, labels: { pool: profile, 'kubernetes.io/hostname': node } },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] },
  })
}

/** The Pod that the DaemonSet's or StatefulSet's controller would make there, and what its kubelet would give it. */
async function tokenOfPod(
  client: KubeClient,
  node: string,
  role: Role,
  { metadata, spec }: PodTemplateSpec,
): Promise<string> {
  const pod = await client.for(POD).create({
    metadata: {
      ...metadata,
      name: `${workloadName(profile, role)}-${node}`,
      namespace: operatorNamespace,
    },
    spec: { ...spec, nodeName: node },
  })
  const forever = new AbortController().signal
  return (await requestPodToken(client, pod, tokenAudience, TOKEN_SECONDS, forever)).token
}

const trackerOf = ({ spec }: PodTemplateSpec): string =>
  spec.containers[0]?.env?.find((one) => one.name === 'PATCHSWARM_TRACKER_PEER_ID')?.value ?? ''

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
    const found = await read().catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (found !== undefined) return found
    await sleep(100)
  }
}

async function forEach<T, R>(items: readonly T[], work: (item: T, at: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await work(item, at)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
