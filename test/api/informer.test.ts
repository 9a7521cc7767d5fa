// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import {
  CONFIG_MAP,
  type ConfigMap,
  createInformer,
  createInformerMetrics,
  EVENT,
  type Event,
  type InformerOptions,
  type KubeClient,
} from '@patchswarm/kube'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { recordChanges } from './support/changes.ts'
import { configMap, connect, makeNamespace, silent, throughProxy } from './support/cluster.ts'
import { compactEtcd } from './support/etcd.ts'

const client = connect()
const maps = client.for(CONFIG_MAP)
let stop: AbortController
let namespace: string

beforeEach(async () => {
  stop = new AbortController()
  namespace = await makeNamespace(client)
})
afterEach(() => stop.abort())

/** A started informer on ConfigMaps of the test's namespace, labelled so that Kubernetes' own stay out. */
async function informConfigMaps(
  informed: KubeClient = client,
  options: Partial<InformerOptions<ConfigMap>> = {},
) {
  const registry = new Registry()
  const informer = createInformer({
    client: informed,
    resource: CONFIG_MAP,
    namespace,
    labelSelector: 'ours',
    log: silent,
    metrics: createInformerMetrics(registry),
    ...options,
  })
  const changes = recordChanges(informer)
  informer.start(stop.signal)
  await informer.synced(AbortSignal.timeout(10_000))
  return { informer, changes, registry }
}
const ours = (name: string, data: Record<string, string> = {}) =>
  configMap(namespace, name, data, { ours: '' })
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 20 })
const lists = async (registry: Registry) => {
  const metric = await registry.getSingleMetric('patchswarm_informer_lists_total')?.get()
  return metric?.values[0]?.value
}

test('the cache holds what is there, then follows every change', async () => {
  await maps.create(ours('before'))
  await maps.create(configMap(namespace, 'not-labelled'))
  const { informer, changes } = await informConfigMaps()
  expect(informer.hasSynced).toBe(true)
  expect(informer.list().map((one) => one.metadata.name)).toEqual(['before'])
  expect(informer.get('before', namespace)?.kind).toBe('ConfigMap')

  await maps.create(ours('after'))
  await maps.patch('after', namespace, { data: { a: '1' } })
  await maps.delete('before', namespace)
  await eventually(() =>
    expect(changes).toEqual(['added before', 'added after', 'modified after', 'deleted before']),
  )
  expect(informer.list().map((one) => one.data)).toEqual([{ a: '1' }])
})

test('managedFields and what the transform takes away are not kept', async () => {
  await maps.create(ours('one', { big: 'x'.repeat(1000), small: '1' }))
  const { informer } = await informConfigMaps(client, {
    transform(object) {
      delete object.data?.big
      return object
    },
  })
  await maps.create(ours('two', { big: 'y', small: '2' }))
  await eventually(() => expect(informer.list()).toHaveLength(2))
  expect(informer.list().map((one) => one.data)).toEqual([{ small: '1' }, { small: '2' }])
  expect(informer.list().map((one) => one.metadata.managedFields)).toEqual([undefined, undefined])
})

test('a field selector narrows what is watched', async () => {
  const { informer, changes } = await informConfigMaps(client, { fieldSelector: 'metadata.name=wanted' })
  await maps.create(ours('other'))
  await maps.create(ours('wanted'))
  await eventually(() => expect(changes).toEqual(['added wanted']))
  expect(informer.list()).toHaveLength(1)
})

test('a lost watch is taken up again where it was, and nothing that happened meanwhile is missed', async () => {
  await using cluster = await throughProxy()
  await maps.create(ours('stays'))
  await maps.create(ours('goes'))
  const { informer, changes, registry } = await informConfigMaps(connect(cluster))
  changes.length = 0

  cluster.proxy.cut()
  await maps.patch('stays', namespace, { data: { a: '1' } })
  await maps.delete('goes', namespace)
  await maps.create(ours('comes'))
  // Several attempts fail first.
  await eventually(() => expect(cluster.proxy.accepted).toBeGreaterThanOrEqual(3))
  expect(changes).toEqual([])
  cluster.proxy.restore()

  await eventually(() => expect(changes).toEqual(['modified stays', 'deleted goes', 'added comes']))
  expect(informer.get('stays', namespace)?.data).toEqual({ a: '1' })
  expect(await lists(registry)).toBe(1)
  expect(await registry.metrics()).toMatch(
    /patchswarm_informer_restarts_total\{kind="ConfigMap",reason="Unreachable"\} \d/,
  )
})

test('a watch lost again and again ends with the right cache', async () => {
  await using cluster = await throughProxy()
  const { informer } = await informConfigMaps(connect(cluster))
  for (const round of [0, 1, 2]) {
    cluster.proxy.cut()
    await maps.apply(ours('one', { round: String(round) }))
    cluster.proxy.restore()
    await eventually(() => expect(informer.get('one', namespace)?.data).toEqual({ round: String(round) }))
  }
})

test('a watch that falls silent without an end is left for a new one', async () => {
  await using cluster = await throughProxy()
  const { informer, registry } = await informConfigMaps(connect(cluster), { watchIdleMs: 500 })
  cluster.proxy.freeze()
  await maps.create(ours('one'))
  cluster.proxy.restore()
  await eventually(() => expect(informer.get('one', namespace)).toBeDefined())
  expect(await registry.metrics()).toMatch(/restarts_total\{kind="ConfigMap",reason="Timeout"\} \d/)
})

test('an API server that cannot be reached at the start is waited for', async () => {
  await using cluster = await throughProxy()
  cluster.proxy.cut()
  await maps.create(ours('one'))
  const informer = createInformer({ client: connect(cluster), resource: CONFIG_MAP, namespace, log: silent })
  informer.start(stop.signal)
  await expect(informer.synced(AbortSignal.timeout(100))).rejects.toThrow()
  expect(informer.hasSynced).toBe(false)
  cluster.proxy.restore()
  await informer.synced(AbortSignal.timeout(10_000))
  expect(informer.get('one', namespace)).toBeDefined()
})

test('a watch whose version is gone (410) lists again and tells the difference', async () => {
  await using cluster = await throughProxy()
  // Of all kinds, only Events are watched in etcd itself; the server's own cache of the others would hide the compaction.
  const events = client.for(EVENT)
  const event = (name: string): Event => ({
    metadata: { name, namespace, labels: { ours: '' } },
    involvedObject: { kind: 'Namespace', name: namespace, namespace },
    type: 'Normal',
    reason: 'Tested',
    message: 'a test',
  })
  await events.create(event('stays'))
  await events.create(event('goes'))
  const registry = new Registry()
  const informer = createInformer<Event>({
    client: connect(cluster),
    resource: EVENT,
    namespace,
    labelSelector: 'ours',
    log: silent,
    metrics: createInformerMetrics(registry),
  })
  const changes = recordChanges(informer)
  informer.start(stop.signal)
  await informer.synced()
  changes.length = 0

  cluster.proxy.cut()
  await events.delete('goes', namespace)
  await events.create(event('comes'))
  await compactEtcd()
  cluster.proxy.restore()

  await eventually(() => expect([...changes].sort()).toEqual(['added comes', 'deleted goes']))
  expect(await lists(registry)).toBe(2)
  expect(await registry.metrics()).toMatch(/restarts_total\{kind="Event",reason="(Expired|Gone)"\} 1/)

  // And the new watch works.
  await events.delete('stays', namespace)
  await eventually(() => expect(changes).toContain('deleted stays'))
})

test("an answer to one's own write is in the cache at once, and the watch does not repeat it", async () => {
  const { informer, changes } = await informConfigMaps()
  const created = await maps.create(ours('one'))
  informer.observe(created)
  expect(informer.get('one', namespace)?.metadata.uid).toBe(created.metadata.uid)
  expect(informer.get('one', namespace)?.metadata.managedFields).toBeUndefined()
  const patched = await maps.patch('one', namespace, { data: { a: '1' } })
  informer.observe(patched)
  // Late, and out of order.
  informer.observe(created)
  expect(informer.get('one', namespace)?.data).toEqual({ a: '1' })

  await maps.create(ours('two'))
  await eventually(() => expect(changes).toContain('added two'))
  expect(changes).toEqual(['added one', 'modified one', 'added two'])
})

test('a write observed after its deletion was seen brings no ghost back', async () => {
  const { informer, changes } = await informConfigMaps()
  const created = await maps.create(ours('one'))
  await maps.delete('one', namespace)
  await eventually(() => expect(changes).toEqual(['added one', 'deleted one']))
  informer.observe(created)
  expect(informer.list()).toEqual([])
})

test('a write of another namespace is not taken in', async () => {
  const { informer } = await informConfigMaps()
  const elsewhere = await makeNamespace(client)
  informer.observe(await maps.create(configMap(elsewhere, 'one', {}, { ours: '' })))
  expect(informer.list()).toEqual([])
})

test('a listener that throws costs the others nothing', async () => {
  const { informer } = await informConfigMaps()
  informer.onChange(() => {
    throw new Error('a bug')
  })
  const seen = recordChanges(informer)
  await maps.create(ours('one'))
  await maps.create(ours('two'))
  await eventually(() => expect(seen).toEqual(['added one', 'added two']))
})

test('stopping ends the watch and its metrics', async () => {
  await using cluster = await throughProxy()
  const { informer, changes, registry } = await informConfigMaps(connect(cluster))
  expect(await registry.metrics()).toMatch(
    /patchswarm_informer_staleness_seconds\{kind="ConfigMap"\} [\d.e-]+/,
  )
  stop.abort()
  await eventually(async () =>
    expect(await registry.metrics()).not.toContain('patchswarm_informer_staleness_seconds{'),
  )
  const accepted = cluster.proxy.accepted
  await maps.create(ours('late'))
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(changes).toEqual([])
  expect(cluster.proxy.accepted).toBe(accepted)
  expect(() => informer.start(new AbortController().signal)).toThrow('was started before')
})
