// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operatorNamespace, operatorServiceAccount } from '@patchswarm/api'
import { createClient, type KubeClient, loadKubeConfig, NODE } from '@patchswarm/kube'
import { pino } from 'pino'
import { readInstallation } from '../../../../lab/src/cluster/installation.ts'
import { applyManifests, untilEstablished } from '../../../../lab/src/cluster/manifests.ts'
import { type Component, startControlPlane } from '../../../../lab/src/control-plane/index.ts'
import { run } from '../../../../lab/src/process/index.ts'
import { keepSaid } from './said.ts'

/** A control plane of its own with everything installed but the operator: that one watches the whole cluster. */
export interface OperatorCluster extends AsyncDisposable {
  client: KubeClient
  /** kubeconfig of the operator's ServiceAccount, with the permissions that the chart gives and no others. */
  operatorKubeconfig: string
  /** A Node that is Ready, whose Pods nobody runs. */
  addNode(name: string, labels?: Record<string, string>): Promise<void>
  removeNode(name: string): Promise<void>
  /** Its kubelet has not been heard of for long. */
  loseNode(name: string): Promise<void>
  /** What kubectl of the control plane's version prints, as a user who may do everything. */
  kubectl(...args: string[]): Promise<string>
}

/** @param components who makes Pods and binds them to nodes; left out where the test does that itself */
export async function startOperatorCluster(
  components: readonly Component[] = ['kube-controller-manager', 'kube-scheduler'],
): Promise<OperatorCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-operator-'))
  const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }))
  const auditLog = join(directory, 'audit.log')
  const plane = await startControlPlane({ directory, components, auditLog, log })
  const client = createClient({ kubeConfig: loadKubeConfig(plane.kubeconfigPath), fieldManager: 'test' })
  const objects = await readInstallation()
  await applyManifests(client, objects)
  await untilEstablished(client, objects)
  const nodes = new Set<string>()
  const heartbeat = setInterval(() => {
    for (const name of nodes) void beat(client, name).catch(() => undefined)
  }, 10_000)
  return {
    client,
    operatorKubeconfig: await plane.serviceAccountKubeconfig(operatorNamespace, operatorServiceAccount),
    async addNode(name, labels = {}) {
      await client
        .for(NODE)
        .create({ metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } } })
      await beat(client, name)
      nodes.add(name)
    },
    async removeNode(name) {
      nodes.delete(name)
      await client.for(NODE).delete(name)
    },
    async loseNode(name) {
      nodes.delete(name)
      const lost = { type: 'Ready', status: 'False', reason: 'Lost', message: 'no word from it' }
      const conditions = [{ ...lost, lastTransitionTime: '2026-01-01T00:00:00Z' }]
      await client.for(NODE).patchStatus(name, undefined, { conditions })
    },
    async kubectl(...args) {
      return await run(plane.binaries.kubectl, ['--kubeconfig', plane.kubeconfigPath, ...args])
    },
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat)
      await plane.stop()
      await keepSaid(auditLog)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What a kubelet says of itself every few seconds; without it the node counts as lost. */
async function beat(client: KubeClient, name: string): Promise<void> {
  const lastHeartbeatTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  await client.for(NODE).patchStatus(name, undefined, {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Test',
        message: 'as good as ready',
        lastHeartbeatTime,
        lastTransitionTime: lastHeartbeatTime,
      },
    ],
  })
}
