// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ConfigMap,
  createClient,
  type KubeClient,
  loadKubeConfig,
  NAMESPACE,
  type Node,
} from '@patchswarm/kube'
import { pino } from 'pino'
import { inject } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

export const silent = pino({ level: 'silent' })

/** A client of the shared control plane. */
export function connect(options: { kubeconfigPath?: string; timeoutMs?: number } = {}): KubeClient {
  const { kubeconfigPath = inject('kubeconfigPath'), ...rest } = options
  return createClient({
    kubeConfig: loadKubeConfig(kubeconfigPath),
    fieldManager: 'patchswarm-operator',
    ...rest,
  })
}

/** A namespace that nobody else uses. */
export async function makeNamespace(client: KubeClient, prefix = 'test'): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`
  await client.for(NAMESPACE).create({ metadata: { name } })
  return name
}

export const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): ConfigMap => ({ metadata: { namespace, name, labels }, data })

export const node = (name: string, labels: Record<string, string> = {}): Node => ({
  metadata: { name, labels },
})

/** A way to the API server that the test can cut. */
export interface CuttableCluster extends AsyncDisposable {
  kubeconfigPath: string
  proxy: TcpProxy
}

export async function throughProxy(kubeconfigPath = inject('kubeconfigPath')): Promise<CuttableCluster> {
  const server = loadKubeConfig(kubeconfigPath).getCurrentCluster()?.server ?? ''
  const proxy = await startTcpProxy(new URL(server))
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-proxy-'))
  const path = join(directory, 'kubeconfig')
  const text = await readFile(kubeconfigPath, 'utf8')
  await writeFile(path, text.replaceAll(server, `https://127.0.0.1:${proxy.port}`), { mode: 0o600 })
  return {
    kubeconfigPath: path,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
