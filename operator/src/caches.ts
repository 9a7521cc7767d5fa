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
  POD,
  type Pod,
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
  /** Of agents and seeders. */
  readonly pods: Informer<Pod>
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
    pods: createInformer({ ...own, resource: POD, transform: slimPod }),
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

/** Where a Pod of ours is to run and how it does: its containers are as its template says. */
const slimPod = ({ metadata, spec, status = {} }: Pod): Pod => ({
  metadata: {
    name: metadata.name,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    ...(metadata.uid ? { uid: metadata.uid } : {}),
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
    ...(metadata.deletionTimestamp ? { deletionTimestamp: metadata.deletionTimestamp } : {}),
    ...(metadata.labels ? { labels: metadata.labels } : {}),
  },
  spec: {
    containers: [],
    ...(spec.nodeName ? { nodeName: spec.nodeName } : spec.affinity ? { affinity: spec.affinity } : {}),
  },
  status,
})

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
