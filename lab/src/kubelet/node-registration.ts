// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { cpus, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, isAlreadyExists, isNotFound, LEASE, NODE, type Node } from '@patchswarm/kube'
import type { Logger } from 'pino'

export interface Registration {
  name: string
  address: string
  labels: Readonly<Record<string, string>>
  /** As the node itself: system:node:<name>. */
  client: Client
  log: Logger
}

/** What a kubelet renews; the control plane takes a node for lost after 50 s without. */
const LEASE_SECONDS = 40
const RENEW_MS = 10_000

/** Makes the Node object and reports it Ready, with the conditions that a kubelet reports. */
export async function registerNode(node: Registration, signal: AbortSignal): Promise<void> {
  const { name, client } = node
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...node.labels }
  try {
    await client.for(NODE).create({ metadata: { name, labels }, spec: {} } as Node, signal)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  await client.for(NODE).patchStatus(name, undefined, nodeStatus(node, new Date()), undefined, signal)
  await renewLease(node, signal)
}

/** Renews the node's Lease until aborted; a failed try is repeated with the next. */
export async function keepNodeAlive(node: Registration, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(RENEW_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    await renewLease(node, signal).catch((error: unknown) => {
      if (!signal.aborted)
        node.log.warn({ err: error, node: node.name }, 'cannot renew the lease of the node')
    })
  }
}

async function renewLease({ name, client }: Registration, signal: AbortSignal): Promise<void> {
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: LEASE_SECONDS,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  }
  const leases = client.for(LEASE)
  try {
    await leases.patch(name, 'kube-node-lease', { spec }, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
    await leases.create({ metadata: { name, namespace: 'kube-node-lease' }, spec }, signal)
  }
}

function nodeStatus({ name, address }: Registration, now: Date) {
  const resources = {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '110',
    'ephemeral-storage': '100Gi',
  }
  const times = { lastHeartbeatTime: now.toISOString(), lastTransitionTime: now.toISOString() }
  const fine = (type: string, reason: string) => ({ type, status: 'False' as const, reason, ...times })
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      fine('MemoryPressure', 'KubeletHasSufficientMemory'),
      fine('DiskPressure', 'KubeletHasNoDiskPressure'),
      fine('PIDPressure', 'KubeletHasSufficientPID'),
      {
        type: 'Ready',
        status: 'True' as const,
        reason: 'KubeletReady',
        message: 'the process kubelet is ready',
        ...times,
      },
    ],
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      osImage: 'Patchswarm lab',
      kernelVersion: '',
      containerRuntimeVersion: 'process://1',
      kubeletVersion: 'v1.36.0-lab',
      kubeProxyVersion: '',
      machineID: name,
      systemUUID: name,
      bootID: name,
    },
  }
}
