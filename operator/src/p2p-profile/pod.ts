// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type P2PProfile, type Role, tokenAudience, workloadName } from '@patchswarm/api'
import type {
  Container,
  EnvVar,
  PodSecurityContext,
  PodSpec,
  PodTemplateSpec,
  Probe,
  Volume,
  VolumeMount,
} from '@patchswarm/kube'
import { selectorOf } from './child.ts'
import type { Settings } from './settings.ts'

/** Where things lie in the containers; the programs learn it from their environment alone. */
const cachePath = '/patchswarm/cache'
const tokenPath = '/patchswarm/token'
const importPath = '/import'
const rootPath = (index: number): string => `/patchswarm/roots/${index}`

/** What images call "nonroot". */
const nobody = 65_532

/** The Pods of a profile: agents on the node's network with its cache and roots, seeders on the pod network with neither. */
export function podTemplateFor(profile: P2PProfile, role: Role, settings: Settings): PodTemplateSpec {
  const { spec } = profile
  const network: Partial<PodSpec> =
    role === 'agent' ? { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } : {}
  return {
    metadata: {
      labels: { 'app.kubernetes.io/name': `patchswarm-${role}`, ...selectorOf(profile, role).matchLabels },
    },
    spec: {
      serviceAccountName: workloadName(profile.metadata.name, role),
      automountServiceAccountToken: false,
      ...network,
      ...placementOf(profile, role),
      ...supplyOf(settings),
      tolerations: spec.tolerations,
      terminationGracePeriodSeconds: 30,
      securityContext: { ...userOf(role), seccompProfile: { type: 'RuntimeDefault' } },
      containers: [containerFor(profile, role, settings)],
      volumes: volumesFor(profile, role),
    },
  }
}

/** Kubernetes gives capabilities to root alone, and agents need some; a seeder needs none. */
const userOf = (role: Role): PodSecurityContext =>
  role === 'agent' ? {} : { runAsNonRoot: true, runAsUser: nobody, runAsGroup: nobody }

/** Left out where there is nothing to say: the API server would, too. */
const supplyOf = ({ agentPullSecrets, agentPriorityClass }: Settings): Partial<PodSpec> => ({
  ...(agentPullSecrets.length > 0 && { imagePullSecrets: agentPullSecrets.map((name) => ({ name })) }),
  ...(agentPriorityClass !== undefined && { priorityClassName: agentPriorityClass }),
})

function containerFor(profile: P2PProfile, role: Role, settings: Settings): Container {
  const { transport, admin, resources, seeder } = profile.spec
  const limits = role === 'agent' ? resources : seeder.resources
  return {
    name: role,
    image: settings.agentImage,
    imagePullPolicy: settings.agentPullPolicy,
    env: environmentFor(profile, role, settings),
    ports: [
      { name: 'swarm', containerPort: transport.port, protocol: 'TCP' },
      { name: 'admin', containerPort: admin.port, protocol: 'TCP' },
    ],
    ...(limits ? { resources: limits } : {}),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: {
        drop: ['ALL'],
        // An agent writes files for other owners into folders that are not its own.
        ...(role === 'agent' ? { add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] } : {}),
      },
    },
    volumeMounts: mountsFor(profile, role),
    // The status of the profile says why a program ended.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    // Often until it answers for the first time: a kubelet that asks too early asks again after a whole period. For an
    // hour: a cache whose state was lost is hashed before, and a Pod that is ended begins with that anew.
    startupProbe: probe(profile, role, '/readyz', {
      initialDelaySeconds: 1,
      periodSeconds: 1,
      failureThreshold: 3600,
    }),
    livenessProbe: probe(profile, role, '/healthz', { periodSeconds: 20, failureThreshold: 6 }),
    readinessProbe: probe(profile, role, '/readyz', { periodSeconds: 5, failureThreshold: 3 }),
  }
}

function probe(profile: P2PProfile, role: Role, path: string, timing: Partial<Probe>): Probe {
  const { port, bindAddress } = profile.spec.admin
  // Without a host the kubelet asks the Pod's address, which on the node's network is the node's.
  const host = role === 'agent' && bindAddress !== 'NodeIP' ? { host: bindAddress } : {}
  return { httpGet: { path, port, ...host }, timeoutSeconds: 5, ...timing }
}

function environmentFor(profile: P2PProfile, role: Role, settings: Settings): EnvVar[] {
  const { transport, admin, discovery, delivery } = profile.spec
  const address = role === 'agent' ? 'status.hostIP' : 'status.podIP'
  const literalAdmin = role === 'agent' && admin.bindAddress !== 'NodeIP'
  const roots = delivery.allowedRoots.map((root, index) => `${root.path}=${rootPath(index)}`)
  return [
    { name: 'PATCHSWARM_ROLE', value: role },
    { name: 'PATCHSWARM_PROFILE', value: profile.metadata.name },
    { name: 'PATCHSWARM_TRACKER', value: settings.trackerAddress },
    { name: 'PATCHSWARM_TRACKER_PEER_ID', value: settings.trackerPeerId },
    { name: 'PATCHSWARM_TOKEN_FILE', value: `${tokenPath}/token` },
    { name: 'PATCHSWARM_CACHE_DIR', value: cachePath },
    fromField('PATCHSWARM_LISTEN_ADDRESS', address),
    { name: 'PATCHSWARM_PORT', value: String(transport.port) },
    literalAdmin
      ? { name: 'PATCHSWARM_ADMIN_ADDRESS', value: admin.bindAddress }
      : fromField('PATCHSWARM_ADMIN_ADDRESS', address),
    { name: 'PATCHSWARM_ADMIN_PORT', value: String(admin.port) },
    { name: 'PATCHSWARM_ALLOWED_CIDRS', value: transport.allowedCIDRs.join(',') },
    { name: 'PATCHSWARM_MDNS', value: String(discovery.mdns) },
    { name: 'PATCHSWARM_STATIC_PEERS', value: discovery.static.join(',') },
    ...(role === 'agent' ? [{ name: 'PATCHSWARM_ROOTS', value: roots.join(',') }] : []),
    ...(importOf(profile, role) ? [{ name: 'PATCHSWARM_IMPORT_DIR', value: importPath }] : []),
    { name: 'PATCHSWARM_LOG_LEVEL', value: settings.logLevel },
  ]
}

/** apiVersion as the API server would fill it in, so that applied and present compare equal. */
const fromField = (name: string, fieldPath: string): EnvVar => ({
  name,
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
})

/** Agents never see it. */
const importOf = ({ spec }: P2PProfile, role: Role): P2PProfile['spec']['seeder']['import'] =>
  role === 'seeder' ? spec.seeder.import : undefined

function importVolume(profile: P2PProfile, role: Role): Volume[] {
  const found = importOf(profile, role)
  return found ? [{ name: 'import', hostPath: { path: found.hostPath } }] : []
}

function placementOf(profile: P2PProfile, role: Role): Partial<PodSpec> {
  if (role === 'agent') return { nodeSelector: profile.spec.nodeSelector }
  const node = profile.spec.seeder.import?.node
  return node === undefined ? {} : { nodeSelector: { 'kubernetes.io/hostname': node } }
}

function mountsFor(profile: P2PProfile, role: Role): VolumeMount[] {
  const roots = role === 'agent' ? profile.spec.delivery.allowedRoots : []
  return [
    { name: 'cache', mountPath: cachePath },
    { name: 'token', mountPath: tokenPath, readOnly: true },
    ...(importOf(profile, role) ? [{ name: 'import', mountPath: importPath, readOnly: true }] : []),
    ...roots.map((_, index) => ({
      name: `root-${index}`,
      mountPath: rootPath(index),
      // What is mounted below the root on the node later is seen here too.
      mountPropagation: 'HostToContainer' as const,
    })),
  ]
}

function volumesFor(profile: P2PProfile, role: Role): Volume[] {
  const { cache, delivery } = profile.spec
  const roots = role === 'agent' ? delivery.allowedRoots : []
  return [
    role === 'agent'
      ? { name: 'cache', hostPath: { path: cache.hostPath, type: 'DirectoryOrCreate' } }
      : { name: 'cache', emptyDir: {} },
    {
      name: 'token',
      projected: {
        sources: [
          { serviceAccountToken: { audience: tokenAudience, expirationSeconds: 3600, path: 'token' } },
        ],
      },
    },
    ...importVolume(profile, role),
    // Type unset: a root that is missing must not keep the Pod from starting. containerd and CRI-O make it; elsewhere it is
    // the agent's RootMissing for this node.
    ...roots.map((root, index) => ({ name: `root-${index}`, hostPath: { path: root.path } })),
  ]
}
