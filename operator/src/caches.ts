// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  distributionJobs,
  isHandOverKey,
  labels,
  type NodeDistribution,
  nodeDistributions,
  type P2PProfile,
  type PatchArtifact,
  p2pProfiles,
  patchArtifacts,
  revokedNodesConfigMap,
} from '@patchswarm/api'
import {
  CONFIG_MAP,
  type ConfigMap,
  createInformer,
  DAEMON_SET,
  type DaemonSet,
  type Informer,
  type InformerMetrics,
  type KubeClient,
  type KubeObject,
  NAMESPACE,
  type Namespace,
  NODE,
  type Node,
  type Resource,
  SERVICE,
  SERVICE_ACCOUNT,
  type Service,
  type ServiceAccount,
  STATEFUL_SET,
  type StatefulSet,
} from '@patchswarm/kube'
import type { Logger } from 'pino'

/** Everything that the operator knows of the cluster; every decision reads these and nothing else. */
export interface Caches {
  readonly profiles: Informer<P2PProfile>
  readonly artifacts: Informer<PatchArtifact>
  readonly jobs: Informer<DistributionJob>
  readonly nodeDistributions: Informer<NodeDistribution>
  readonly nodes: Informer<Node>
  readonly namespaces: Informer<Namespace>
  readonly daemonSets: Informer<DaemonSet>
  readonly statefulSets: Informer<StatefulSet>
  readonly services: Informer<Service>
  readonly serviceAccounts: Informer<ServiceAccount>
  /** The one ConfigMap of ours. */
  readonly revokedNodes: Informer<ConfigMap>
}

export interface CachesOptions {
  client: KubeClient
  /** The operator's own: its children live there. */
  namespace: string
  log: Logger
  metrics?: InformerMetrics
}

export function createCaches({ client, namespace, log, metrics }: CachesOptions): Caches {
  const common = { client, log, ...(metrics ? { metrics } : {}) }
  const own = { ...common, namespace, labelSelector: labels.profile }
  const all = <T extends KubeObject>(resource: Resource<T>) => createInformer({ ...common, resource })
  const children = <T extends KubeObject>(resource: Resource<T>) => createInformer({ ...own, resource })
  return {
    profiles: all(p2pProfiles),
    artifacts: all(patchArtifacts),
    jobs: all(distributionJobs),
    nodeDistributions: all(nodeDistributions),
    nodes: createInformer({ ...common, resource: NODE, transform: slimNode }),
    namespaces: all(NAMESPACE),
    daemonSets: children(DAEMON_SET),
    statefulSets: children(STATEFUL_SET),
    services: children(SERVICE),
    serviceAccounts: children(SERVICE_ACCOUNT),
    revokedNodes: createInformer({
      ...common,
      resource: CONFIG_MAP,
      namespace,
      fieldSelector: `metadata.name=${revokedNodesConfigMap}`,
    }),
  }
}

const informersOf = (caches: Caches): Informer<KubeObject>[] =>
  Object.values(caches) as unknown as Informer<KubeObject>[]

export function startCaches(caches: Caches, signal: AbortSignal): void {
  for (const informer of informersOf(caches)) informer.start(signal)
}

export async function cachesSynced(caches: Caches, signal: AbortSignal): Promise<void> {
  await Promise.all(informersOf(caches).map((informer) => informer.synced(signal)))
}

export const haveSynced = (caches: Caches): boolean =>
  informersOf(caches).every((informer) => informer.hasSynced)

const ownAnnotations = (all: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => isHandOverKey(key)))

/** A Node's images and capacities are most of its bytes and nobody here reads them. */
const slimNode = ({ metadata, spec, status }: Node): Node => ({
  metadata: {
    name: metadata.name,
    ...(metadata.uid ? { uid: metadata.uid } : {}),
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
    ...(metadata.creationTimestamp ? { creationTimestamp: metadata.creationTimestamp } : {}),
    ...(metadata.deletionTimestamp ? { deletionTimestamp: metadata.deletionTimestamp } : {}),
    ...(metadata.labels ? { labels: metadata.labels } : {}),
    annotations: ownAnnotations(metadata.annotations),
  },
  spec: {
    ...(spec?.taints ? { taints: spec.taints } : {}),
    ...(spec?.unschedulable ? { unschedulable: true } : {}),
    ...(spec?.podCIDRs ? { podCIDRs: spec.podCIDRs } : {}),
  },
  status: {
    conditions: (status?.conditions ?? [])
      .filter((one) => one.type === 'Ready')
      .map(({ lastHeartbeatTime: _, ...ready }) => ready),
  },
})
