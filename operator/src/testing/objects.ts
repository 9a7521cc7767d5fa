// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type {
  Condition,
  DistributionJob,
  NodeDistribution,
  NodeDistributionStatus,
  P2PProfile,
  PatchArtifact,
} from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { nodeDistributionFor } from '../distribution-job/node-distribution.ts'
import type { Settings } from '../p2p-profile/settings.ts'

/** Valid objects as the API server returns them, with overrides; for tests alone. */
export const digest = `sha256:${'ab'.repeat(32)}`
export const MiB = 1024 * 1024
export const now = new Date('2026-11-21T12:00:00Z')
export const operatorNamespace = 'patchswarm-system'
export const homeNamespace = { name: operatorNamespace, labels: { team: 'core' } }

export const settings: Settings = {
  namespace: operatorNamespace,
  agentImage: 'patchswarm/agent:1',
  agentPullPolicy: 'IfNotPresent',
  agentPullSecrets: [],
  agentPriorityClass: undefined,
  trackerAddress: 'operator:7443',
  trackerPeerId: '12D3KooWOperator',
  logLevel: 'info',
}

export const profile = (spec: Partial<P2PProfile['spec']> = {}, name = 'default'): P2PProfile => ({
  metadata: {
    name,
    uid: `uid-${name}`,
    generation: 1,
    resourceVersion: '1',
    finalizers: ['patchswarm.dev/cleanup'],
  },
  spec: {
    enabled: true,
    nodeSelector: {},
    tolerations: [],
    siteLabel: 'topology.kubernetes.io/zone',
    cache: { hostPath: '/var/lib/patchswarm', minFree: '1Gi', retentionDays: 7, minSeeders: 2 },
    transport: { port: 4001, allowedCIDRs: ['10.0.0.0/8'] },
    admin: { port: 5001, bindAddress: '127.0.0.1' },
    discovery: { mdns: true, static: [] },
    bandwidth: { yield: false, windows: [] },
    peers: { maxPeers: 32, admit: [] },
    origin: {
      access: 'Seeders',
      perSite: false,
      fallback: 'Never',
      stallSeconds: 60,
      allowedDomains: [],
      tlsMinVersion: '1.2',
    },
    delivery: { allowedRoots: [{ path: '/opt/patches' }] },
    seeder: {},
    updateStrategy: { maxUnavailable: '10%' },
    ...spec,
  },
})

export const artifact = (
  spec: Partial<PatchArtifact['spec']> = {},
  status?: PatchArtifact['status'],
  name = 'patch',
): PatchArtifact => ({
  metadata: { name, namespace: operatorNamespace, uid: `uid-${name}`, generation: 1, resourceVersion: '1' },
  spec: {
    profile: 'default',
    sources: [{ http: { url: 'http://origin/patch.bin' } }],
    digest,
    origin: { budgetFactor: 1.2 },
    ...spec,
  },
  ...(status ? { status } : {}),
})

export const condition = (type: string, reason: string, status: Condition['status'] = 'True'): Condition => ({
  type,
  status,
  reason,
  message: `${reason}.`,
  observedGeneration: 1,
  lastTransitionTime: '2026-11-21T11:00:00Z',
})

/** An artifact of 100 MiB that a seeder has read once. */
export const readyArtifact = (name = 'patch'): PatchArtifact =>
  artifact(
    {},
    {
      observedGeneration: 1,
      conditions: [condition('Ready', 'Seeded')],
      cid: 'bafy',
      sha256: 'ab'.repeat(32),
      size: 100 * MiB,
      chunks: 400,
      chunkSize: 262_144,
      origin: { bytesGranted: 100 * MiB, bytesRead: 100 * MiB },
    },
    name,
  )

type Rollout = DistributionJob['spec']['rollout']

export const rollout = (over: Partial<Rollout> = {}): Rollout => ({
  maxConcurrent: '100%',
  onThreshold: 'Halt',
  retries: 0,
  stallTimeoutSeconds: 600,
  ...over,
})

export const job = (
  spec: Partial<DistributionJob['spec']> = {},
  status?: DistributionJob['status'],
): DistributionJob => ({
  metadata: {
    name: 'job',
    namespace: operatorNamespace,
    uid: 'uid-job',
    generation: 1,
    resourceVersion: '1',
  },
  spec: {
    artifacts: [{ name: 'patch' }],
    target: {},
    rollout: rollout(),
    delivery: { method: 'Auto', directory: '/opt/patches/base', mode: '0644' },
    completionPolicy: 'Once',
    suspend: false,
    ...spec,
  },
  ...(status ? { status } : {}),
})

export const node = (name: string, labels: Record<string, string> = {}, spec: Node['spec'] = {}): Node => ({
  metadata: { name, uid: `uid-${name}`, labels, creationTimestamp: '2026-11-21T10:00:00Z' },
  spec,
})

export const nodes = (count: number): Node[] =>
  Array.from({ length: count }, (_, index) => node(`n${index + 1}`))

export const row = (
  nodeName: string,
  status?: NodeDistributionStatus,
  of = job(),
  wave?: string,
): NodeDistribution => {
  const object = nodeDistributionFor(of, 'default', node(nodeName), wave)
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: `uid-${nodeName}`,
      generation: 1,
      creationTimestamp: now.toISOString(),
    },
    ...(status ? { status } : {}),
  }
}
