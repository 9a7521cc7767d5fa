// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { PodSpec, PodTemplateSpec } from './pod-spec.ts'
import type { KubeObject, ObjectMeta, Resource } from './types.ts'

/** Slim types of Kubernetes' own kinds: only the fields that this project reads or writes. */
export interface Node extends KubeObject {
  spec?: {
    podCIDR?: string
    podCIDRs?: string[]
    unschedulable?: boolean
    taints?: { key: string; value?: string; effect: string }[]
  }
  status?: {
    addresses?: { type: string; address: string }[]
    conditions?: BuiltinCondition[]
  }
}

export interface Namespace extends KubeObject {
  status?: { phase?: 'Active' | 'Terminating' }
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status?: {
    phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
    podIP?: string
    hostIP?: string
    conditions?: BuiltinCondition[]
    reason?: string
    message?: string
    containerStatuses?: ContainerStatus[]
  }
}

export interface ContainerStatus {
  name: string
  ready: boolean
  restartCount: number
  state?: ContainerState
  /** How it ended last. */
  lastState?: ContainerState
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: { exitCode: number; reason?: string; message?: string }
}

export interface BuiltinCondition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime?: string
  lastHeartbeatTime?: string
}

/** `data` holds base64. */
export interface Secret extends KubeObject {
  type?: string
  immutable?: boolean
  data?: Record<string, string>
  stringData?: Record<string, string>
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>
  binaryData?: Record<string, string>
}

export interface Service extends KubeObject {
  spec: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer'
    /** "None" makes a headless Service. */
    clusterIP?: string
    selector?: Record<string, string>
    publishNotReadyAddresses?: boolean
    ports?: {
      name?: string
      port: number
      targetPort?: number | string
      protocol?: 'TCP' | 'UDP'
      appProtocol?: string
    }[]
  }
}

/** A network that Services get their addresses from; since Kubernetes 1.33. */
export interface ServiceCidr extends KubeObject {
  spec?: { cidrs?: string[] }
}

export interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean
}

export interface EqualitySelector {
  matchLabels: Record<string, string>
}

export interface DaemonSet extends KubeObject {
  spec: {
    selector: EqualitySelector
    template: PodTemplateSpec
    minReadySeconds?: number
    updateStrategy?: {
      type: 'RollingUpdate' | 'OnDelete'
      rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string }
    }
  }
  status?: {
    observedGeneration?: number
    desiredNumberScheduled?: number
    currentNumberScheduled?: number
    updatedNumberScheduled?: number
    numberReady?: number
    numberAvailable?: number
    numberMisscheduled?: number
  }
}

export interface StatefulSet extends KubeObject {
  spec: {
    serviceName: string
    replicas?: number
    selector: EqualitySelector
    template: PodTemplateSpec
    podManagementPolicy?: 'OrderedReady' | 'Parallel'
    minReadySeconds?: number
    updateStrategy?: { type: 'RollingUpdate' | 'OnDelete' }
  }
  status?: {
    observedGeneration?: number
    replicas?: number
    readyReplicas?: number
    updatedReplicas?: number
    currentRevision?: string
    updateRevision?: string
  }
}

/** Times are MicroTime: RFC 3339 with six digits of a second. */
export interface LeaseSpec {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec
}

export interface ObjectReference {
  apiVersion?: string
  kind?: string
  namespace?: string
  name?: string
  uid?: string
  resourceVersion?: string
}

/** core/v1 Event; a new one may leave its name to the server. */
export interface Event extends KubeObject {
  metadata: ObjectMeta & { generateName?: string }
  involvedObject: ObjectReference
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  count?: number
  firstTimestamp?: string
  lastTimestamp?: string
  source?: { component?: string; host?: string }
  reportingComponent?: string
  reportingInstance?: string
}

const resource = <T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced = true,
): Resource<T> => ({ apiVersion, kind, plural, namespaced })

export const NODE = resource<Node>('v1', 'Node', 'nodes', false)
export const NAMESPACE = resource<Namespace>('v1', 'Namespace', 'namespaces', false)
export const POD = resource<Pod>('v1', 'Pod', 'pods')
export const SECRET = resource<Secret>('v1', 'Secret', 'secrets')
export const CONFIG_MAP = resource<ConfigMap>('v1', 'ConfigMap', 'configmaps')
export const SERVICE = resource<Service>('v1', 'Service', 'services')
export const SERVICE_CIDR = resource<ServiceCidr>(
  'networking.k8s.io/v1',
  'ServiceCIDR',
  'servicecidrs',
  false,
)
export const SERVICE_ACCOUNT = resource<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts')
export const DAEMON_SET = resource<DaemonSet>('apps/v1', 'DaemonSet', 'daemonsets')
export const STATEFUL_SET = resource<StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets')
export const LEASE = resource<Lease>('coordination.k8s.io/v1', 'Lease', 'leases')
export const EVENT = resource<Event>('v1', 'Event', 'events')
