// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInformer, type KubeClient, POD, type Pod } from '@patchswarm/kube'
import type { Logger } from 'pino'
import type { Endpoint, Network } from '../network/index.ts'
import type { Images } from './images.ts'
import { keepNodeAlive, type Registration, registerNode } from './node-registration.ts'
import { type PodWorker, startPodWorker } from './pod-worker.ts'

export interface KubeletOptions {
  /** The node's name. */
  name: string
  endpoint: Endpoint
  labels?: Readonly<Record<string, string>>
  /** The node's folder: root/ is its file system, pods/ the Pods' volumes, log/ what containers print. */
  directory: string
  /** As the node itself (system:node:<name> in system:nodes). */
  client: KubeClient
  images: Images
  network: Network
  log: Logger
}

/** A node of the lab. */
export interface Kubelet {
  readonly name: string
  readonly address: string
  /** The node's file system: hostPath /x is <root>/x. */
  readonly root: string
  readonly logDirectory: string
  pods(): readonly Pod[]
  /** Signals the processes of matching Pods and returns how many there were; a killed one is started again. */
  signalPods(signal: NodeJS.Signals, matches?: (pod: Pod) => boolean): number
  /** Ends every process and no longer renews the Lease. The Pods stay in the API, as with a node that lost its power. */
  stop(graceMs?: number): Promise<void>
}

/**
 * Registers a node and runs the Pods bound to it, each container as a process of this machine. What a process cannot
 * have is not there: no image, no file system of its own (see mount-paths.ts), no limits and no security context.
 */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { name, client, directory } = options
  const log = options.log.child({ node: name })
  const life = new AbortController()
  const root = join(directory, 'root')
  await mkdir(root, { recursive: true })
  const registration: Registration = {
    name,
    address: options.endpoint.address,
    labels: options.labels ?? {},
    client,
    log,
  }
  await registerNode(registration, life.signal)
  void keepNodeAlive(registration, life.signal)

  const workers = new Map<string, PodWorker>()
  const forget = (uid: string, ending: Promise<void>) => void ending.then(() => workers.delete(uid))
  const informer = createInformer({
    client,
    resource: POD,
    fieldSelector: `spec.nodeName=${name}`,
    log,
  })
  informer.onChange(({ type, object: pod }) => {
    const uid = pod.metadata.uid as string
    const worker = workers.get(uid)
    if (type === 'deleted') {
      if (worker) forget(uid, worker.end(0))
    } else if (worker) worker.update(pod)
    else if (pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed') {
      workers.set(uid, startWorker(pod))
    }
  })
  const startWorker = (pod: Pod) =>
    startPodWorker(pod, {
      node: options.endpoint,
      network: options.network,
      client,
      images: options.images,
      nodeRoot: root,
      directory: join(directory, 'pods', pod.metadata.uid as string),
      logDirectory: join(directory, 'log'),
      log,
    })
  informer.start(life.signal)

  return {
    name,
    address: options.endpoint.address,
    root,
    logDirectory: join(directory, 'log'),
    pods: () => [...workers.values()].map(({ pod }) => pod),
    signalPods(signal, matches = () => true) {
      const children = [...workers.values()]
        .filter(({ pod }) => matches(pod))
        .flatMap(({ containers }) => containers.flatMap(({ child }) => (child && !child.exit ? [child] : [])))
      for (const child of children) child.kill(signal)
      return children.length
    },
    async stop(graceMs = 2000) {
      life.abort()
      await Promise.all([...workers.values()].map((worker) => worker.end(graceMs)))
    },
  }
}
