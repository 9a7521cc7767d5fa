// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The part of a Pod's specification that we write into templates or read; Kubernetes knows more. */
export interface PodSpec {
  serviceAccountName?: string
  automountServiceAccountToken?: boolean
  hostNetwork?: boolean
  dnsPolicy?: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  nodeName?: string
  nodeSelector?: Record<string, string>
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] }
    }
  }
  tolerations?: Toleration[]
  priorityClassName?: string
  imagePullSecrets?: { name: string }[]
  terminationGracePeriodSeconds?: number
  securityContext?: PodSecurityContext
  initContainers?: Container[]
  containers: Container[]
  volumes?: Volume[]
}

export interface PodTemplateSpec {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: PodSpec
}

/** All of its requirements must hold; a term without any matches nothing. */
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[]
  matchFields?: NodeSelectorRequirement[]
}

export interface NodeSelectorRequirement {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  values?: string[]
}

export interface Toleration {
  key?: string
  operator?: 'Exists' | 'Equal'
  value?: string
  effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  tolerationSeconds?: number
}

export interface ResourceRequirements {
  requests?: Record<string, string | number>
  limits?: Record<string, string | number>
}

export interface SeccompProfile {
  type: 'RuntimeDefault' | 'Unconfined' | 'Localhost'
  localhostProfile?: string
}

export interface PodSecurityContext {
  runAsNonRoot?: boolean
  runAsUser?: number
  runAsGroup?: number
  fsGroup?: number
  seccompProfile?: SeccompProfile
}

export interface SecurityContext {
  allowPrivilegeEscalation?: boolean
  privileged?: boolean
  readOnlyRootFilesystem?: boolean
  runAsNonRoot?: boolean
  runAsUser?: number
  runAsGroup?: number
  capabilities?: { add?: string[]; drop?: string[] }
  seccompProfile?: SeccompProfile
}

export interface Container {
  name: string
  image?: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  command?: string[]
  args?: string[]
  env?: EnvVar[]
  ports?: ContainerPort[]
  resources?: ResourceRequirements
  securityContext?: SecurityContext
  volumeMounts?: VolumeMount[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
}

export interface EnvVar {
  name: string
  value?: string
  valueFrom?: {
    fieldRef?: { fieldPath: string; apiVersion?: string }
    secretKeyRef?: { name: string; key: string }
    configMapKeyRef?: { name: string; key: string }
  }
}

export interface ContainerPort {
  name?: string
  containerPort: number
  hostPort?: number
  hostIP?: string
  protocol?: 'TCP' | 'UDP'
}

export interface Probe {
  httpGet?: { path: string; port: number | string; host?: string; scheme?: 'HTTP' | 'HTTPS' }
  initialDelaySeconds?: number
  periodSeconds?: number
  timeoutSeconds?: number
  failureThreshold?: number
}

export interface VolumeMount {
  name: string
  mountPath: string
  subPath?: string
  readOnly?: boolean
  mountPropagation?: 'None' | 'HostToContainer' | 'Bidirectional'
}

export interface Volume {
  name: string
  /** `type` unset: no check at all, the mount of a missing path is the kubelet's affair. */
  hostPath?: { path: string; type?: 'DirectoryOrCreate' | 'Directory' | '' }
  emptyDir?: { sizeLimit?: string; medium?: 'Memory' | '' }
  configMap?: { name: string; items?: KeyToPath[]; defaultMode?: number }
  secret?: { secretName: string; items?: KeyToPath[]; defaultMode?: number }
  projected?: { sources: VolumeProjection[]; defaultMode?: number }
}

export interface KeyToPath {
  key: string
  path: string
}

export interface VolumeProjection {
  serviceAccountToken?: { audience: string; expirationSeconds?: number; path: string }
  configMap?: { name: string; items?: KeyToPath[] }
  downwardAPI?: { items: { path: string; fieldRef?: { fieldPath: string } }[] }
}
