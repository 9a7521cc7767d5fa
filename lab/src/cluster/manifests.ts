// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, type KubeClient, KubeError, type KubeObject, type Resource } from '@patchswarm/kube'
import { parseAllDocuments } from 'yaml'

/** A manifest cannot be read or applied; the message names the file or the object. */
export class ManifestError extends Error {
  override name = 'ManifestError'
}

export type Manifest = KubeObject & { apiVersion: string; kind: string }

/** All objects of a YAML file, or of all YAML files of a folder in the order of their names. */
export async function readManifests(path: string): Promise<Manifest[]> {
  if ((await stat(path)).isDirectory()) {
    const names = (await readdir(path)).filter((name) => name.endsWith('.yaml')).toSorted()
    return (await Promise.all(names.map((name) => readManifests(join(path, name))))).flat()
  }
  const documents = parseAllDocuments(await readFile(path, 'utf8'))
  for (const { errors } of documents) {
    if (errors[0]) throw new ManifestError(`${path}: ${errors[0].message}`, { cause: errors[0] })
  }
  return documents.map((document) => document.toJS() as Manifest).filter((object) => object !== null)
}

/** Applies objects one after the other as `kubectl apply --server-side` does, whatever their kind. */
export async function applyManifests(
  client: Client,
  objects: readonly Manifest[],
  signal?: AbortSignal,
): Promise<void> {
  const resources = new Map<string, Resource<KubeObject>>()
  for (const object of objects) {
    const key = `${object.apiVersion} ${object.kind}`
    const resource = resources.get(key) ?? (await findResource(client, object, signal))
    resources.set(key, resource)
    await client.for(resource).apply(object, signal)
  }
}

/** Waits until what the CustomResourceDefinitions among the objects define can be listed and watched. */
export async function untilEstablished(
  client: KubeClient,
  objects: readonly Manifest[],
  signal?: AbortSignal,
): Promise<void> {
  for (const object of objects) {
    if (object.kind !== 'CustomResourceDefinition') continue
    while (!(await isEstablished(client, object.metadata.name, signal))) {
      await sleep(50, undefined, signal && { signal })
    }
    const { group, names, versions } = (object as CustomResourceDefinition).spec
    for (const { name } of versions) {
      await untilWatchable(
        client,
        `/apis/${group}/${name}/${names.plural}?watch=true&timeoutSeconds=5`,
        signal,
      )
    }
  }
}

interface CustomResourceDefinition extends KubeObject {
  spec: { group: string; names: { plural: string }; versions: { name: string }[] }
}

/** For a moment after a definition is established, the server refuses watches because its cache is being filled. */
async function untilWatchable(client: KubeClient, path: string, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const enough = new AbortController()
    try {
      await client.stream(path, signal ? AbortSignal.any([signal, enough.signal]) : enough.signal)
      return
    } catch (error) {
      if (!(error instanceof KubeError) || ![404, 429].includes(error.status)) throw error
      await sleep(50, undefined, signal && { signal })
    } finally {
      enough.abort()
    }
  }
}

async function isEstablished(client: Client, name: string, signal?: AbortSignal): Promise<boolean> {
  const definition = await client.request<{ status?: { conditions?: { type: string; status: string }[] } }>(
    'GET',
    `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    undefined,
    signal && { signal },
  )
  return !!definition.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  )
}

async function findResource(
  client: Client,
  { apiVersion, kind }: Manifest,
  signal?: AbortSignal,
): Promise<Resource<KubeObject>> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const list = await client.request<{ resources: { name: string; kind: string; namespaced: boolean }[] }>(
    'GET',
    path,
    undefined,
    signal && { signal },
  )
  const found = list.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'))
  if (!found) throw new ManifestError(`the API serves no ${kind} in ${apiVersion}`)
  return { apiVersion, kind, plural: found.name, namespaced: found.namespaced }
}
