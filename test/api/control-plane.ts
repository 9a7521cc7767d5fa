// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createClient,
  type KubeClient,
  type KubeObject,
  loadKubeConfig,
  type Resource,
} from '@patchswarm/kube'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { parse } from 'yaml'
import { startControlPlane } from '../../lab/src/control-plane/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a user in system:masters of the control plane that all files of this tier share. */
    kubeconfigPath: string
    /** Of that control plane's etcd, for tests that compact its history. */
    etcdSocket: string
  }
}

/** Starts a real control plane with our CRDs once, before the first file of the tier. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-api-'))
  const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }))
  // Without Kubernetes' own controllers: a file that needs Pods made or owners' leavings collected starts its own.
  const controlPlane = await startControlPlane({ directory, components: [], log }).catch(
    async (error: unknown) => {
      await rm(directory, { recursive: true, force: true })
      throw error
    },
  )
  const teardown = async () => {
    await controlPlane.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await installCrds(controlPlane.kubeconfigPath)
  } catch (error) {
    await teardown()
    throw error
  }
  project.provide('kubeconfigPath', controlPlane.kubeconfigPath)
  project.provide('etcdSocket', join(directory, 'etcd', 'etcd:0'))
  return teardown
}

interface Crd extends KubeObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] }
}

const CRD: Resource<Crd> = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
const CRD_FOLDER = new URL('../../crds/', import.meta.url)

async function installCrds(kubeconfigPath: string): Promise<void> {
  const client = createClient({
    kubeConfig: loadKubeConfig(kubeconfigPath),
    fieldManager: 'patchswarm-tests',
  })
  const files = (await readdir(CRD_FOLDER)).filter((name) => name.endsWith('.yaml'))
  await Promise.all(
    files.map(async (file) => {
      const crd = parse(await readFile(new URL(file, CRD_FOLDER), 'utf8')) as Crd
      await client.for(CRD).apply(crd)
      await established(client, crd.metadata.name)
    }),
  )
}

async function established(client: KubeClient, name: string): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const { status } = await client.for(CRD).get(name)
    if (status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True')) return
    if (Date.now() > deadline) {
      throw new Error(`the CRD ${name} is not established: ${JSON.stringify(status?.conditions)}`)
    }
    await sleep(50)
  }
}
