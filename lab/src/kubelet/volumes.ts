// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, CONFIG_MAP, type KeyToPath, type Pod, SECRET, type Volume } from '@patchswarm/kube'
import type { Logger } from 'pino'
import { ContainerConfigError, type PodAddresses, podField } from './environment.ts'
import { renewalDelay, requestPodToken } from './service-account-token.ts'

export interface VolumeContext {
  pod: Pod
  addresses: PodAddresses
  client: Client
  /** The node's own file system: what hostPath volumes are below. */
  nodeRoot: string
  /** Where the Pod's other volumes are made. */
  directory: string
  log: Logger
  /** The Pod's life: tokens are renewed until it is aborted. */
  signal: AbortSignal
}

/** Makes the Pod's volumes and says where each lies. */
export async function prepareVolumes(context: VolumeContext): Promise<Map<string, string>> {
  const locations = new Map<string, string>()
  for (const volume of context.pod.spec.volumes ?? []) {
    locations.set(volume.name, await prepareVolume(volume, context))
  }
  return locations
}

async function prepareVolume(volume: Volume, context: VolumeContext): Promise<string> {
  if (volume.hostPath) return await hostPath(volume.hostPath, context.nodeRoot)
  const location = join(context.directory, volume.name)
  await mkdir(location, { recursive: true })
  if (volume.emptyDir) return location
  if (volume.configMap) {
    await writeKeys(await configMapData(volume.configMap.name, context), volume.configMap.items, location)
  } else if (volume.secret) {
    await writeKeys(await secretData(volume.secret.secretName, context), volume.secret.items, location)
  } else if (volume.projected) await project(volume.projected.sources, location, context)
  else throw new ContainerConfigError(`volume ${volume.name}: the lab's kubelet does not know its kind`)
  return location
}

/** A path that must not be made stays missing: what the program does then is what a test may want to see. */
async function hostPath(volume: NonNullable<Volume['hostPath']>, nodeRoot: string): Promise<string> {
  const location = join(nodeRoot, volume.path)
  if (volume.type === 'DirectoryOrCreate') await mkdir(location, { recursive: true })
  return location
}

async function project(
  sources: NonNullable<Volume['projected']>['sources'],
  location: string,
  context: VolumeContext,
): Promise<void> {
  for (const source of sources) {
    if (source.serviceAccountToken) await projectToken(source.serviceAccountToken, location, context)
    if (source.configMap)
      await writeKeys(await configMapData(source.configMap.name, context), source.configMap.items, location)
    for (const { path, fieldRef } of source.downwardAPI?.items ?? []) {
      if (fieldRef)
        await replaceFile(join(location, path), podField(fieldRef.fieldPath, context.pod, context.addresses))
    }
  }
}

interface TokenSource {
  audience?: string
  expirationSeconds?: number
  path: string
}

async function projectToken(source: TokenSource, location: string, context: VolumeContext): Promise<void> {
  const renew = async () => {
    const { token, expires } = await requestPodToken(
      context.client,
      context.pod,
      source.audience,
      source.expirationSeconds ?? 3600,
      context.signal,
    )
    await replaceFile(join(location, source.path), token)
    return renewalDelay(expires, new Date())
  }
  void keepRenewing(await renew(), renew, context)
}

async function keepRenewing(
  firstMs: number,
  renew: () => Promise<number>,
  context: VolumeContext,
): Promise<void> {
  let waitMs = firstMs
  while (!context.signal.aborted) {
    await sleep(waitMs, undefined, { signal: context.signal }).catch(() => undefined)
    if (context.signal.aborted) return
    waitMs = await renew().catch((error: unknown) => {
      if (!context.signal.aborted) context.log.warn({ err: error }, 'cannot renew a token of a Pod')
      return 5000
    })
  }
}

async function configMapData(name: string, { client, pod, signal }: VolumeContext) {
  const { data = {} } = await client.for(CONFIG_MAP).get(name, pod.metadata.namespace, signal)
  return new Map<string, string | Buffer>(Object.entries(data))
}

async function secretData(name: string, { client, pod, signal }: VolumeContext) {
  const { data = {} } = await client.for(SECRET).get(name, pod.metadata.namespace, signal)
  return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
}

async function writeKeys(
  data: ReadonlyMap<string, string | Buffer>,
  items: readonly KeyToPath[] | undefined,
  location: string,
): Promise<void> {
  for (const { key, path } of items ?? [...data.keys()].map((key) => ({ key, path: key }))) {
    const content = data.get(key)
    if (content === undefined) throw new ContainerConfigError(`there is no key ${key} for the file ${path}`)
    await replaceFile(join(location, path), content)
  }
}

/** Never half-written: the reader may look at any time. */
async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, content, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
