// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { operatorNamespace, operatorServiceAccount } from '@patchswarm/api'
import type { Pod } from '@patchswarm/kube'
import type { Logger } from 'pino'
import {
  applyManifests,
  type Cluster,
  readInstallation,
  startCluster,
  untilEstablished,
} from './cluster/index.ts'
import { type Binaries, freePort } from './control-plane/index.ts'
import type { Kubelet } from './kubelet/index.ts'
import type { Network } from './network/index.ts'
import { type OperatorProcess, startOperator } from './operator/operator-process.ts'
import { AGENT_IMAGE, type Programs } from './programs.ts'

const STOP_GRACE_MS = 300

export interface LabOptions {
  /** An existing folder for everything the lab writes; the caller removes it after `stop()`. */
  directory: string
  nodes: number
  network: Network
  /** Folders to make on every node, e.g. the allowed roots. */
  nodeFolders?: readonly string[]
  programs: Programs
  binaries?: Binaries
  /** Log level of operator and agents, default info. */
  programLogLevel?: string
  log: Logger
  signal?: AbortSignal
}

/** A running lab: a cluster with our CRDs, the operator with its own rights, and nodes. */
export interface Lab {
  readonly directory: string
  readonly cluster: Cluster
  readonly network: Network
  readonly operator: OperatorProcess
  /** Node names in order: n1, n2, … */
  readonly nodeNames: readonly string[]
  node(name: string): Kubelet
  /** SIGKILL to the agent on a node; its kubelet starts it again. Returns how many processes were killed. */
  killAgent(nodeName: string): number
  stop(): Promise<void>
}

export async function startLab(options: LabOptions): Promise<Lab> {
  const { directory, network, log } = options
  const cluster = await startCluster({ ...options, images: { [AGENT_IMAGE]: options.programs.agent } })
  let operator: OperatorProcess | undefined
  try {
    await install(cluster, options.signal)
    operator = await runOperator(cluster, options)
    const nodeNames = Array.from({ length: options.nodes }, (_, index) => `n${index + 1}`)
    await Promise.all(nodeNames.map((name) => addNode(cluster, name, options.nodeFolders ?? [])))
    log.info({ nodes: nodeNames.length }, 'the lab is up')
    return {
      directory,
      cluster,
      network,
      operator,
      nodeNames,
      node: (name) => nodeOf(cluster, name),
      killAgent: (name) => nodeOf(cluster, name).signalPods('SIGKILL', isAgent),
      stop: () => stopAll(cluster, operator),
    }
  } catch (error) {
    await stopAll(cluster, operator)
    throw error
  }
}

/** As a user would: the CRDs, then what the operator may do. */
async function install(cluster: Cluster, signal?: AbortSignal): Promise<void> {
  const objects = await readInstallation()
  await applyManifests(cluster.client, objects, signal)
  await untilEstablished(cluster.client, objects, signal)
}

async function runOperator(cluster: Cluster, options: LabOptions): Promise<OperatorProcess> {
  const { network, directory, programs } = options
  const kubeconfig = await cluster.controlPlane.serviceAccountKubeconfig(
    operatorNamespace,
    operatorServiceAccount,
  )
  const [trackerPort, httpPort] = [await freePort(network.hostAddress), await freePort(network.hostAddress)]
  const tracker = `${network.hostAddress}:${trackerPort}`
  return startOperator({
    command: programs.operator.entrypoint,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: directory,
      ...programs.operator.env,
      KUBECONFIG: kubeconfig,
      PATCHSWARM_NAMESPACE: operatorNamespace,
      PATCHSWARM_POD_NAME: 'patchswarm-operator-lab',
      PATCHSWARM_AGENT_IMAGE: AGENT_IMAGE,
      PATCHSWARM_TRACKER_LISTEN: tracker,
      PATCHSWARM_TRACKER_ADDRESS: tracker,
      PATCHSWARM_HTTP_ADDRESS: `${network.hostAddress}:${httpPort}`,
      PATCHSWARM_LOG_LEVEL: options.programLogLevel ?? 'info',
    },
    logFile: join(directory, 'operator.log'),
    log: options.log,
  })
}

async function addNode(cluster: Cluster, name: string, folders: readonly string[]): Promise<void> {
  const node = await cluster.addNode(name, {
    'topology.kubernetes.io/zone': 'lab-a',
    'node.kubernetes.io/instance-type': 'process',
  })
  await Promise.all(folders.map((folder) => mkdir(join(node.root, folder), { recursive: true })))
}

function nodeOf(cluster: Cluster, name: string): Kubelet {
  const node = cluster.nodes.get(name)
  if (!node) throw new RangeError(`the lab has no node ${name}, only ${[...cluster.nodes.keys()].join(', ')}`)
  return node
}

const isAgent = (pod: Pod) => pod.metadata.labels?.['patchswarm.dev/role'] === 'agent'

/** The operator first, so that it does not take the end of the nodes for news; all of it is thrown away, so without ceremony. */
async function stopAll(cluster: Cluster, operator: OperatorProcess | undefined): Promise<void> {
  await operator?.stop(STOP_GRACE_MS)
  await cluster.stop(STOP_GRACE_MS)
}
