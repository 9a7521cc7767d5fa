// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { isConditionTrue } from '@patchswarm/api'
import {
  CONFIG_MAP,
  createEventRecorder,
  EVENT,
  type KubeObject,
  NODE,
  type PlannedEvent,
} from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { World } from '../../operator/src/testing/world.ts'
import { configMap, connect, makeNamespace, node, silent, throughProxy } from './support/cluster.ts'

const client = connect()
const seeded: PlannedEvent = { type: 'Normal', reason: 'Seeded', message: 'the seeder holds all 457 chunks' }
const createRecorder = (through = client) =>
  createEventRecorder({ client: through, component: 'patchswarm-operator', instance: 'pod-0', log: silent })
const eventsOf = ({ metadata }: KubeObject) =>
  client.for(EVENT).list({
    namespace: metadata.namespace ?? 'default',
    fieldSelector: `involvedObject.uid=${metadata.uid}`,
  })

async function makeObject() {
  const namespace = await makeNamespace(client)
  return await client.for(CONFIG_MAP).create(configMap(namespace, 'one'))
}

test('an event says who, what and about which object, under a name that the server gave', async () => {
  const object = await makeObject()
  const recorder = createRecorder()
  recorder.record(object, seeded)
  await recorder.flush()
  const [event, ...others] = await eventsOf(object)
  expect(others).toEqual([])
  expect(event?.metadata.name).toMatch(/^one\.[a-z0-9]+$/)
  expect(event).toMatchObject({
    ...seeded,
    count: 1,
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'one', uid: object.metadata.uid },
    source: { component: 'patchswarm-operator', host: 'pod-0' },
    reportingComponent: 'patchswarm-operator',
  })
})

test('the same reason again raises the count of one event, which has the newest words', async () => {
  const object = await makeObject()
  const recorder = createRecorder()
  for (let time = 0; time < 5; time++) recorder.record(object, seeded)
  await recorder.flush()
  recorder.record(object, { ...seeded, message: 'other words' })
  recorder.record(object, { ...seeded, reason: 'Lost' })
  await recorder.flush()
  const events = await eventsOf(object)
  expect(events.map(({ reason, message, count }) => [reason, message, count]).sort()).toEqual([
    ['Lost', seeded.message, 1],
    ['Seeded', 'other words', 6],
  ])
})

test('a job of 50 nodes that fail, stall, vanish and try again has one event a reason', async () => {
  const object = await makeObject()
  const recorder = createRecorder()
  const waves = [5, 20].map((nodes) => ({ name: `first-${nodes}`, nodes, soakSeconds: 60 }))
  const world = new World(50, { maxConcurrent: 3, retries: 2, failureThreshold: 40, waves })
  let told = 0
  for (let fate = 0; !isConditionTrue(world.status.conditions, 'Complete'); fate++) {
    const planned = world.plan()
    for (const event of planned.events) recorder.record(object, event)
    told += planned.events.length
    world.apply(planned, false)
    world.end(fate)
    world.time += 3_000
  }
  await recorder.flush()
  const events = await eventsOf(object)
  expect(events.map(({ reason }) => reason).sort()).toEqual([
    'Completed',
    'Distributing',
    'Retrying',
    'Soaking',
  ])
  expect(events.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(told)
  expect(told).toBeGreaterThan(events.length)
})

test('events of two objects are never counted together', async () => {
  const [one, other] = [await makeObject(), await makeObject()]
  const recorder = createRecorder()
  recorder.record(one, seeded)
  recorder.record(other, seeded)
  await recorder.flush()
  expect(await eventsOf(one)).toHaveLength(1)
  expect(await eventsOf(other)).toHaveLength(1)
})

test('an event that was deleted meanwhile begins again', async () => {
  const object = await makeObject()
  const recorder = createRecorder()
  recorder.record(object, seeded)
  await recorder.flush()
  const [first] = await eventsOf(object)
  await client.for(EVENT).delete(first!.metadata.name, first!.metadata.namespace)
  recorder.record(object, seeded)
  await recorder.flush()
  expect((await eventsOf(object)).map(({ count }) => count)).toEqual([1])
})

test('the event of an object without a namespace lies in "default"', async () => {
  const object = await client.for(NODE).create(node(`event-${Date.now()}`))
  const recorder = createRecorder()
  recorder.record(object, seeded)
  await recorder.flush()
  expect(await eventsOf(object)).toHaveLength(1)
  await client.for(NODE).delete(object.metadata.name)
})

test('a message that is too long is cut rather than refused', async () => {
  const object = await makeObject()
  const recorder = createRecorder()
  recorder.record(object, { ...seeded, message: 'ä'.repeat(3000) })
  await recorder.flush()
  const [event] = await eventsOf(object)
  expect(event?.message).toMatch(/^ä{500,}…$/)
})

test('without an API server events are given up and nothing fails', async () => {
  await using cluster = await throughProxy()
  const object = await makeObject()
  cluster.proxy.cut()
  const recorder = createRecorder(connect(cluster))
  recorder.record(object, seeded)
  await recorder.flush()
  expect(await eventsOf(object)).toEqual([])
  cluster.proxy.restore()
  recorder.record(object, seeded)
  await recorder.flush()
  expect(await eventsOf(object)).toHaveLength(1)
})
