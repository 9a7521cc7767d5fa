// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { operatorNamespace, operatorServiceAccount } from '@patchswarm/api'
import { createClient, type KubeClient, loadKubeConfig } from '@patchswarm/kube'
import { pino } from 'pino'
import { readInstallation, readOperatorSettings } from '../../lab/src/cluster/installation.ts'
import { applyManifests, untilEstablished } from '../../lab/src/cluster/manifests.ts'
import { type ControlPlane, freePort, startControlPlane } from '../../lab/src/control-plane/index.ts'
import { type Child, startChild } from '../../lab/src/process/index.ts'
import { bundle } from '../../scripts/build.ts'

/** etcd, kube-apiserver and the operator, and nobody who would make Pods of its DaemonSet. */
export interface Cluster extends AsyncDisposable {
  readonly client: KubeClient
  readonly operator: { readonly pid: number; readonly url: string; readonly tracker: string }
  readonly auditLog: string
  readonly etcdSocket: string
  /** Named by the command lines of all but the operator. */
  readonly directory: string
  /** Rejects when a part has ended by itself. */
  readonly failed: Promise<never>
}

export async function startCluster(directory: string): Promise<Cluster> {
  const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }))
  const auditLog = join(directory, 'audit.log')
  const plane = await startControlPlane({ directory, components: [], auditLog, log })
  try {
    const kubeConfig = loadKubeConfig(plane.kubeconfigPath)
    const client = createClient({ kubeConfig, fieldManager: 'patchswarm-bench' })
    const objects = await readInstallation()
    await applyManifests(client, objects)
    await untilEstablished(client, objects)
    const { child, ...operator } = await startOperator(plane, directory)
    const ended = child.exited.then(({ code, signal }) => {
      throw new Error(`the operator ended (${code ?? signal}), see ${child.logFile}`)
    })
    const failed = Promise.race([plane.failed, ended])
    failed.catch(() => undefined)
    return {
      client,
      operator: { pid: child.pid, ...operator },
      auditLog,
      etcdSocket: join(directory, 'etcd', 'etcd:0'),
      directory,
      failed,
      async [Symbol.asyncDispose]() {
        await child.stop()
        await plane.stop()
      },
    }
  } catch (error) {
    await plane.stop()
    throw error
  }
}

/** As its Deployment runs it: the one file of the image, with the chart's settings and the permissions that it gives and no others. */
async function startOperator(
  plane: ControlPlane,
  directory: string,
): Promise<{ child: Child; url: string; tracker: string }> {
  const tracker = `127.0.0.1:${await freePort('127.0.0.1')}`
  const { file } = await bundle('operator', directory)
  const http = `127.0.0.1:${await freePort('127.0.0.1')}`
  const child = await startChild({
    name: 'operator',
    command: process.execPath,
    args: [file],
    env: {
      ...(await readOperatorSettings()),
      KUBECONFIG: await plane.serviceAccountKubeconfig(operatorNamespace, operatorServiceAccount),
      PATCHSWARM_POD_NAME: 'operator-0',
      PATCHSWARM_AGENT_IMAGE: 'patchswarm/agent:bench',
      PATCHSWARM_TRACKER_LISTEN: tracker,
      PATCHSWARM_TRACKER_ADDRESS: tracker,
      PATCHSWARM_HTTP_ADDRESS: http,
    },
    logFile: join(directory, 'operator.log'),
  })
  const url = `http://${http}`
  while (child.exit === undefined && !(await isReady(url))) await sleep(100)
  return { child, url, tracker }
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
