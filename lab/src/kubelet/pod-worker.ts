// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, isConflict, isNotFound, objectPath, POD, type Pod } from '@patchswarm/kube'
import type { Logger } from 'pino'
import type { Endpoint, Network } from '../network/index.ts'
import { type ContainerRunner, createContainer } from './container.ts'
import type { Images } from './images.ts'
import { createStatusWriter, type StatusWriter } from './status-writer.ts'
import { prepareVolumes } from './volumes.ts'

export interface PodWorkerContext {
  node: Endpoint
  network: Network
  client: Client
  images: Images
  /** The node's own file system. */
  nodeRoot: string
  /** Where this Pod's volumes are made; removed with it. */
  directory: string
  logDirectory: string
  log: Logger
}

/** Runs one Pod from its binding to its end. */
export interface PodWorker {
  readonly pod: Pod
  readonly containers: readonly ContainerRunner[]
  /** The Pod as the API server has it now; with a deletionTimestamp it is ended and then deleted there. */
  update(pod: Pod): void
  /** Ends the processes and resolves when nothing of the Pod is left. `graceMs` 0 kills at once. */
  end(graceMs: number): Promise<void>
}

const DEFAULT_GRACE_SECONDS = 30

export function startPodWorker(first: Pod, context: PodWorkerContext): PodWorker {
  const life = new AbortController()
  const reports = createStatusWriter(context, () => worker)
  let graceMs = DEFAULT_GRACE_SECONDS * 1000
  let current = first
  let ending = false
  let containers: ContainerRunner[] = []

  const run = async (): Promise<void> => {
    containers = await createContainers(first, context, reports, life.signal)
    reports.changed()
    await Promise.all(containers.map((container) => container.run(life.signal, () => graceMs)))
  }

  const finished = run()
    .catch((error: unknown) => {
      if (!life.signal.aborted)
        context.log.error({ err: error, pod: first.metadata.name }, 'cannot run a Pod')
    })
    .then(async () => {
      reports.stop()
      if (!first.spec.hostNetwork) await context.network.releasePod(first.metadata.uid as string)
      await rm(context.directory, { recursive: true, force: true })
    })

  const end = async (withinMs: number): Promise<void> => {
    graceMs = withinMs
    life.abort()
    await finished
  }

  const worker: PodWorker = {
    get pod() {
      return current
    },
    get containers() {
      return containers
    },
    update(pod) {
      current = pod
      if (ending || pod.metadata.deletionTimestamp === undefined) return
      ending = true
      const { deletionGracePeriodSeconds = DEFAULT_GRACE_SECONDS } = pod.metadata as {
        deletionGracePeriodSeconds?: number
      }
      void end(deletionGracePeriodSeconds * 1000).then(() => confirmDeletion(pod, context))
    },
    end,
  }
  worker.update(first)
  return worker
}

/** What the containers of a Pod need is made first: its place in the network, folders and volumes. */
async function createContainers(
  pod: Pod,
  context: PodWorkerContext,
  reports: StatusWriter,
  signal: AbortSignal,
): Promise<ContainerRunner[]> {
  const { node, network, directory, logDirectory, log } = context
  const endpoint = pod.spec.hostNetwork ? node : await network.attachPod(pod.metadata.uid as string)
  const addresses = { hostIP: node.address, podIP: endpoint.address }
  reports.addresses = addresses
  await mkdir(directory, { recursive: true })
  await mkdir(logDirectory, { recursive: true })
  const volumes = await retryUntilReady(
    () => prepareVolumes({ ...context, pod, addresses, signal }),
    log,
    signal,
  )
  return pod.spec.containers.map((spec) =>
    createContainer({
      ...context,
      pod,
      spec,
      addresses,
      volumes,
      enter: endpoint.enter,
      workingDirectory: directory,
      logFile: join(logDirectory, `${pod.metadata.name}-${spec.name}.log`),
      onChange: reports.changed,
    }),
  )
}

/** Only when the node says so does a deleted Pod leave the API. */
async function confirmDeletion(pod: Pod, { client, log }: PodWorkerContext): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  try {
    await client.request('DELETE', objectPath(POD, name, namespace), {
      gracePeriodSeconds: 0,
      preconditions: { uid },
    })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error))
      log.warn({ err: error, pod: name }, 'cannot confirm the end of a Pod')
  }
}

/**
 * A Secret or ConfigMap may come later than the Pod; and the API server may need a moment after the binding until it
 * lets the node ask for the Pod's token.
 */
async function retryUntilReady<T>(attempt: () => Promise<T>, log: Logger, signal: AbortSignal): Promise<T> {
  for (let waitMs = 50; ; waitMs = Math.min(2000, waitMs * 2)) {
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted) throw error
      if (waitMs > 500) log.warn({ err: error }, 'cannot prepare the volumes of a Pod yet')
      await sleep(waitMs, undefined, { signal })
    }
  }
}
