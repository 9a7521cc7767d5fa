// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient, type KubeClient, loadKubeConfig } from '@patchswarm/kube'
import type { Logger } from 'pino'
import { type Binaries, COMPONENTS, type ControlPlane, startControlPlane } from '../control-plane/index.ts'
import { type Images, type Kubelet, startKubelet } from '../kubelet/index.ts'
import type { Network } from '../network/index.ts'

export interface ClusterOptions {
  /** An existing folder for everything the cluster writes; the caller removes it after `stop()`. */
  directory: string
  network: Network
  images: Images
  binaries?: Binaries
  log: Logger
  signal?: AbortSignal
}

/** A whole Kubernetes cluster: the real control plane, and nodes whose containers are processes. */
export interface Cluster {
  readonly controlPlane: ControlPlane
  /** A client of a user in system:masters. */
  readonly client: KubeClient
  readonly nodes: ReadonlyMap<string, Kubelet>
  /** What was written to the API: see audit-log.ts. */
  readonly auditLog: string
  readonly log: Logger
  addNode(name: string, labels?: Readonly<Record<string, string>>): Promise<Kubelet>
  /** As a node that loses its power: its processes are killed and its Lease runs out. */
  removeNode(name: string): Promise<void>
  /** @param graceMs what containers get between SIGTERM and SIGKILL, default 2 s */
  stop(graceMs?: number): Promise<void>
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, network, images, log } = options
  const planeDirectory = join(directory, 'control-plane')
  await mkdir(planeDirectory, { recursive: true })
  const auditLog = join(planeDirectory, 'audit.log')
  const controlPlane = await startControlPlane({
    directory: planeDirectory,
    components: COMPONENTS,
    auditLog,
    log,
    ...(options.binaries && { binaries: options.binaries }),
    ...(options.signal && { signal: options.signal }),
  })
  const nodes = new Map<string, Kubelet>()
  return {
    controlPlane,
    client: createClient({
      kubeConfig: loadKubeConfig(controlPlane.kubeconfigPath),
      fieldManager: 'patchswarm-lab',
    }),
    nodes,
    auditLog,
    log,
    async addNode(name, labels = {}) {
      const kubeconfig = await controlPlane.userKubeconfig(`system:node:${name}`, ['system:nodes'])
      const kubelet = await startKubelet({
        name,
        labels,
        endpoint: await network.node(name),
        directory: join(directory, 'nodes', name),
        client: createClient({ kubeConfig: loadKubeConfig(kubeconfig), fieldManager: 'kubelet' }),
        images,
        network,
        log,
      })
      nodes.set(name, kubelet)
      return kubelet
    },
    async removeNode(name) {
      await nodes.get(name)?.stop(0)
      nodes.delete(name)
    },
    async stop(graceMs) {
      await Promise.all([...nodes.values()].map((node) => node.stop(graceMs)))
      await controlPlane.stop()
    },
  }
}
