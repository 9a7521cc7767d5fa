// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Pod } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { type ContainerReport, podStatus } from './pod-status.ts'

const pod: Pod = {
  metadata: { name: 'p' },
  spec: { containers: [] },
  status: {
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: 'then' },
      { type: 'Ready', status: 'True', lastTransitionTime: 'then' },
    ],
  },
}
const addresses = { hostIP: '127.0.0.1', podIP: '127.0.0.2' }
const now = new Date('2026-01-01T00:00:00Z')
const container = (fields: Partial<ContainerReport>): ContainerReport => ({
  name: 'c',
  image: 'i',
  state: { running: { startedAt: 'then' } },
  restartCount: 0,
  ready: true,
  ...fields,
})
const statusOf = (...containers: ContainerReport[]) => podStatus(pod, containers, addresses, 'start', now)
const ready = (status: ReturnType<typeof statusOf>) => status.conditions.find(({ type }) => type === 'Ready')

test('is Running and Ready when every container is, and keeps the conditions of others and their times', () => {
  const status = statusOf(container({}))
  expect(status.phase).toBe('Running')
  expect(ready(status)).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: 'then' })
  expect(status.conditions).toContainEqual({
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: 'then',
  })
})

test('names the containers that are not ready and notes when that began', () => {
  const status = statusOf(container({}), container({ name: 'd', ready: false }))
  expect(ready(status)).toEqual({
    type: 'Ready',
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers not ready: d',
    lastTransitionTime: now.toISOString(),
  })
})

test('is Pending until each container has started once, and Running while one waits to be started again', () => {
  const waiting = { waiting: { reason: 'ContainerCreating' } }
  expect(statusOf(container({ state: waiting, ready: false })).phase).toBe('Pending')
  expect(statusOf(container({ state: waiting, ready: false, restartCount: 2 })).phase).toBe('Running')
})
