// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import {
  CONFIG_MAP,
  createClient,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  KubeError,
  type KubeObject,
  loadKubeConfig,
  objectPath,
  type Resource,
  SERVICE_ACCOUNT,
} from '@patchswarm/kube'
import { expect, inject, test } from 'vitest'
import { listPages } from '../../kube/src/list.ts'
import { configMap, connect, makeNamespace, throughProxy } from './support/cluster.ts'

interface Artifact extends KubeObject {
  spec: { profile: string; sources: { http: { url: string } }[]; digest: string }
  status?: { observedGeneration?: number; chunks?: number; size?: number }
}
const ARTIFACT: Resource<Artifact> = {
  apiVersion: 'patchswarm.dev/v1alpha1',
  kind: 'PatchArtifact',
  plural: 'patchartifacts',
  namespaced: true,
}
const artifact = (namespace: string, name: string): Artifact => ({
  metadata: { namespace, name },
  spec: {
    profile: 'none',
    sources: [{ http: { url: 'http://origin.example/file' } }],
    digest: `sha256:${'ab'.repeat(32)}`,
  },
})

const client = connect()
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error as KubeError,
  )

test('an object is created, read, patched, listed and deleted', async () => {
  const namespace = await makeNamespace(client)
  const maps = client.for(CONFIG_MAP)
  const created = await maps.create(configMap(namespace, 'one', { a: '1' }, { app: 'x' }))
  expect(created.metadata.uid).toBeTruthy()
  await maps.create(configMap(namespace, 'two'))

  expect((await maps.get('one', namespace)).data).toEqual({ a: '1' })
  const patched = await maps.patch('one', namespace, { data: { b: '2' } })
  expect(patched.data).toEqual({ a: '1', b: '2' })
  expect(
    (await maps.list({ namespace, labelSelector: 'app=x' })).map((one) => [one.kind, one.metadata.name]),
  ).toEqual([['ConfigMap', 'one']])
  expect(
    (await maps.list({ namespace, fieldSelector: 'metadata.name=two' })).map((one) => one.metadata.name),
  ).toEqual(['two'])

  await maps.delete('one', namespace)
  expect(isNotFound(await failure(maps.get('one', namespace)))).toBe(true)
  await maps.delete('one', namespace)
})

test('a list larger than a page is read whole and at one version', async () => {
  const namespace = await makeNamespace(client)
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names)
    await client.for(CONFIG_MAP).create(configMap(namespace, name, {}, { paged: 'yes' }))
  const listing = await listPages(client, CONFIG_MAP, { namespace, labelSelector: 'paged=yes' }, undefined, 2)
  expect(listing.items.map((item) => item.metadata.name)).toEqual(names)
  expect(Number(listing.resourceVersion)).toBeGreaterThan(0)
})

test('apply owns its fields, leaves those of others and takes back what it no longer says', async () => {
  const namespace = await makeNamespace(client)
  const maps = client.for(CONFIG_MAP)
  await maps.apply(configMap(namespace, 'one', { ours: '1', once: '1' }))
  await client.request(
    'PATCH',
    `/api/v1/namespaces/${namespace}/configmaps/one?fieldManager=somebody-else`,
    { data: { theirs: '1' } },
    { contentType: 'application/merge-patch+json' },
  )
  // As read, with the managedFields that the server would refuse in an apply.
  const read = await maps.get('one', namespace)
  expect(read.metadata.managedFields).toBeDefined()
  const { resourceVersion: _, ...metadata } = read.metadata
  const applied = await maps.apply({ ...read, metadata, data: { ours: '2' } })
  expect(applied.data).toEqual({ ours: '2', theirs: '1' })
})

test('a status written from a stale read is a conflict and changes nothing', async () => {
  const namespace = await makeNamespace(client)
  const artifacts = client.for(ARTIFACT)
  const read = await artifacts.create(artifact(namespace, 'file'))
  const { resourceVersion = '' } = read.metadata
  await artifacts.patchStatus('file', namespace, { chunks: 1 }, { resourceVersion })

  const error = await failure(artifacts.patchStatus('file', namespace, { chunks: 2 }, { resourceVersion }))
  expect(isConflict(error)).toBe(true)
  expect((await artifacts.get('file', namespace)).status?.chunks).toBe(1)

  // Without a precondition a merge patch changes the fields it names and leaves the others.
  const written = await artifacts.patchStatus('file', namespace, { size: 5 })
  expect(written.status).toMatchObject({ chunks: 1, size: 5 })
})

test('a status meant for a deleted object does not land on its successor', async () => {
  const namespace = await makeNamespace(client)
  const artifacts = client.for(ARTIFACT)
  const { uid = '' } = (await artifacts.create(artifact(namespace, 'file'))).metadata
  await artifacts.delete('file', namespace, { uid })
  const successor = await artifacts.create(artifact(namespace, 'file'))

  const error = await failure(artifacts.patchStatus('file', namespace, { chunks: 2 }, { uid }))
  expect(isConflict(error)).toBe(true)
  expect((await artifacts.get('file', namespace)).status?.chunks).toBeUndefined()

  // Nor does a delete.
  await artifacts.delete('file', namespace, { uid })
  expect((await artifacts.get('file', namespace)).metadata.uid).toBe(successor.metadata.uid)
})

test('a refusal carries the status, the reason and the text of the server', async () => {
  const namespace = await makeNamespace(client)
  const error = await failure(
    client.for(ARTIFACT).create({
      ...artifact(namespace, 'file'),
      spec: { ...artifact(namespace, 'x').spec, digest: 'md5:1' },
    }),
  )
  expect(error).toBeInstanceOf(KubeError)
  expect(isInvalid(error)).toBe(true)
  expect(error).toMatchObject({ status: 422, reason: 'Invalid' })
  expect(error.message).toContain('spec.digest')
  expect(error.message).toContain(`POST /apis/patchswarm.dev/v1alpha1/namespaces/${namespace}/patchartifacts`)
})

test('a user without rights is refused as forbidden', async () => {
  const namespace = await makeNamespace(client)
  await client.for(SERVICE_ACCOUNT).apply({ metadata: { namespace, name: 'nobody' } })
  const { status } = await client.request<{ status: { token: string } }>(
    'POST',
    objectPath(SERVICE_ACCOUNT, 'nobody', namespace, 'token'),
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  )
  const kubeConfig = loadKubeConfig(inject('kubeconfigPath'))
  const { server = '', caData = '' } = kubeConfig.getCurrentCluster() ?? {}
  kubeConfig.loadFromClusterAndUser(
    { name: 'lab', server, caData, skipTLSVerify: false },
    { name: 'nobody', token: status.token },
  )
  const nobody = createClient({ kubeConfig, fieldManager: 'nobody' })
  const error = await failure(nobody.for(CONFIG_MAP).list({ namespace }))
  expect(isForbidden(error)).toBe(true)
  expect(error.message).toContain(`system:serviceaccount:${namespace}:nobody`)
})

test('a server that is not there is status 0, and the message names the call', async () => {
  await using cluster = await throughProxy()
  cluster.proxy.cut()
  const error = await failure(connect(cluster).for(CONFIG_MAP).get('one', 'default'))
  expect(error).toMatchObject({ name: 'KubeError', status: 0, reason: 'Unreachable' })
  expect(error.message).toContain('GET /api/v1/namespaces/default/configmaps/one')
})

test('a server that says nothing is given up after the time-out', async () => {
  await using cluster = await throughProxy()
  cluster.proxy.freeze()
  const hanging = connect({ ...cluster, timeoutMs: 200 })
  expect(await failure(hanging.for(CONFIG_MAP).get('one', 'default'))).toMatchObject({
    status: 0,
    reason: 'Timeout',
  })
  await expect(hanging.stream('/api/v1/configmaps?watch=1', AbortSignal.timeout(5000))).rejects.toMatchObject(
    {
      reason: 'Timeout',
    },
  )
})

test("the caller's abort is thrown as it is", async () => {
  await using cluster = await throughProxy()
  cluster.proxy.freeze()
  const controller = new AbortController()
  const reason = new Error('stopping')
  setTimeout(() => controller.abort(reason), 50)
  await expect(connect(cluster).for(CONFIG_MAP).get('one', 'default', controller.signal)).rejects.toBe(reason)
})

test('a connection that was cut while idle does not fail the next call', async () => {
  await using cluster = await throughProxy()
  const cuttable = connect(cluster)
  for (let round = 0; round < 3; round++) {
    await cuttable.for(CONFIG_MAP).list({ namespace: 'default' })
    cluster.proxy.cut()
    cluster.proxy.restore()
  }
  expect(cluster.proxy.accepted).toBe(3)
})
