// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import {
  operatorNamespace,
  type P2PProfile,
  p2pProfiles,
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
import { requestPodToken } from '../kubelet/service-account-token.ts'
import type { Simulated } from './agent.ts'

const TOKEN_SECONDS = 24 * 3600
/** Calls to the API server that are under way at once. */
const AT_ONCE = 32

interface Fleet {
  readonly profile: string
  readonly nodes: number
  /** host:port of every operator. */
  readonly trackers: readonly string[]
}

/** A profile, nodes with a Pod of it on each, and a seeder on the first: what agents show who they are by. */
export async function createFleet(
  client: KubeClient,
  { profile, nodes: count, trackers }: Fleet,
): Promise<Simulated[]> {
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
    const token = await tokenOfPod(client, { node, profile, role }, template)
    return { role, profile, token, address: addressOf(at), trackers, trackerPeerId: trackerOf(template) }
  }
  const running = await forEach(nodes, async (node, at) => {
    await createNode(client, node, profile)
    return runOn(at, 'agent', agents.spec.template)
  })
  return [await runOn(0, 'seeder', seeders.spec.template), ...running]
}

/** All of 127.0.0.0/8 is this machine. */
const addressOf = (at: number): string => `127.100.${at >> 8}.${at & 255}`

async function createNode(client: KubeClient, node: string, pool: string): Promise<void> {
  const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  await client.for(NODE).create({
    metadata: { name: node, labels: { pool, 'kubernetes.io/hostname': node } },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] },
  })
}

/** The Pod that the DaemonSet's or StatefulSet's controller would make there, and what its kubelet would give it. */
async function tokenOfPod(
  client: KubeClient,
  { node, profile, role }: { node: string; profile: string; role: Role },
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
