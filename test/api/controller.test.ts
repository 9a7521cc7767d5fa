// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import {
  CONFIG_MAP,
  type ConfigMap,
  createController,
  createControllerMetrics,
  createInformer,
  createQueue,
  keyOfObject,
  type Reconcile,
  splitKey,
} from '@patchswarm/kube'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { configMap, connect, makeNamespace, silent, throughProxy } from './support/cluster.ts'

const client = connect()
const maps = client.for(CONFIG_MAP)
let stop: AbortController
let namespace: string
let ran: Promise<void> | undefined

beforeEach(async () => {
  stop = new AbortController()
  namespace = await makeNamespace(client)
})
afterEach(async () => {
  stop.abort()
  await ran
})

/** A whole controller on the labelled ConfigMaps of the test's namespace, as the operator builds them. */
async function control(make: (read: (key: string) => ConfigMap | undefined) => Reconcile, through = client) {
  const registry = new Registry()
  const informer = createInformer({
    client: through,
    resource: CONFIG_MAP,
    namespace,
    labelSelector: 'ours',
    log: silent,
  })
  const queue = createQueue({ backoff: { baseMs: 20, maxMs: 500 } })
  informer.onChange(({ object }) => queue.add(keyOfObject(object)))
  const controller = createController({
    name: 'test',
    queue,
    workers: 2,
    reconcile: make((key) => informer.get(splitKey(key).name, splitKey(key).namespace)),
    log: silent,
    metrics: createControllerMetrics(registry),
  })
  informer.start(stop.signal)
  await informer.synced()
  ran = controller.run(stop.signal)
  return { informer, registry }
}

test('a write refused because somebody else wrote in between is decided again from a fresh read', async () => {
  let rivalled = false
  let attempts = 0
  const { registry } = await control((read) => async (key, signal) => {
    const object = read(key)
    if (!object || object.data?.ours) return
    attempts++
    if (!rivalled) {
      rivalled = true
      await maps.patch('one', namespace, { data: { rival: 'was here' } }, signal)
    }
    const { resourceVersion } = object.metadata
    // What the plan saw goes into what it writes.
    const data = { ours: `saw ${object.data?.rival ?? 'nobody'}` }
    await maps.patch('one', namespace, { metadata: { resourceVersion }, data }, signal)
  })
  await maps.create(configMap(namespace, 'one', {}, { ours: '' }))
  await vi.waitFor(
    async () =>
      expect((await maps.get('one', namespace)).data).toEqual({ rival: 'was here', ours: 'saw was here' }),
    { timeout: 10_000 },
  )
  expect(attempts).toBeGreaterThanOrEqual(2)
  expect(await registry.metrics()).toMatch(
    /patchswarm_reconcile_total\{controller="test",outcome="conflict"\} \d/,
  )
})

test('an outage of the API server delays the work and loses none of it', async () => {
  await using cluster = await throughProxy()
  const through = connect(cluster)
  const { registry } = await control(
    (read) => async (key, signal) => {
      const object = read(key)
      if (!object || object.data?.done) return
      await through.for(CONFIG_MAP).patch(object.metadata.name, namespace, { data: { done: 'yes' } }, signal)
    },
    through,
  )
  cluster.proxy.cut()
  for (const name of ['a', 'b', 'c']) await maps.create(configMap(namespace, name, {}, { ours: '' }))
  cluster.proxy.restore()
  await vi.waitFor(
    async () => {
      const all = await maps.list({ namespace, labelSelector: 'ours' })
      expect(all.map((one) => one.data)).toEqual([{ done: 'yes' }, { done: 'yes' }, { done: 'yes' }])
    },
    { timeout: 10_000 },
  )
  expect(await registry.metrics()).toMatch(/outcome="done"\} [1-9]/)
})

test('with its own writes observed, a plan that runs again at once does not write twice', async () => {
  let writes = 0
  const { informer } = await control((read) => async (key, signal) => {
    const object = read(key)
    if (!object || object.data?.done) return
    writes++
    informer.observe(await maps.patch(object.metadata.name, namespace, { data: { done: 'yes' } }, signal))
    return { requeueAfterMs: 0 }
  })
  for (let number = 0; number < 20; number++) {
    await maps.create(configMap(namespace, `map-${number}`, {}, { ours: '' }))
  }
  await vi.waitFor(() => expect(informer.list().filter((one) => one.data?.done)).toHaveLength(20), {
    timeout: 10_000,
  })
  expect(writes).toBe(20)
})
