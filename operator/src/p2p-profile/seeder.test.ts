// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import type { Pod } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { profile, settings } from '../testing/objects.ts'
import { decide, running, secondsAgo } from '../testing/profile-plans.ts'
import type { Down } from './down.ts'
import { type SeederDown, seederDown } from './seeder.ts'

const pod = (status: NonNullable<Pod['status']>, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 's-0', namespace: 'ps', labels: { 'patchswarm.dev/role': 'seeder' }, ...metadata },
  spec: { containers: [] },
  status,
})
const ready = { conditions: [{ type: 'Ready', status: 'True' as const }] }
const nowhere = {
  conditions: [{ type: 'PodScheduled', status: 'False' as const, message: '0/3 nodes are available.' }],
}

test.for<{ name: string; pods: Pod[]; connected?: boolean; says?: object }>([
  { name: 'that is ready and connected has no trouble', pods: [pod(ready)], connected: true },
  {
    name: 'that no node takes says why',
    pods: [pod(nowhere)],
    says: { pod: 's-0', reason: 'Unschedulable', message: '0/3 nodes are available.', starting: true },
  },
  {
    name: 'that ended twice may come back',
    pods: [
      pod({
        containerStatuses: [
          {
            name: 'seeder',
            ready: false,
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 137 } },
          },
        ],
      }),
    ],
    says: { pod: 's-0', reason: 'CrashLoopBackOff', starting: true },
  },
  { name: 'that is not connected says so', pods: [pod(ready)], says: { pod: 's-0', reason: 'NotConnected' } },
  {
    name: 'that nobody makes is missed by its name',
    pods: [pod(ready, { labels: { 'patchswarm.dev/role': 'agent' } })],
    connected: true,
    says: { pod: 'patchswarm-default-seeder-0', reason: 'PodMissing' },
  },
  {
    name: 'that is going counts no more',
    pods: [pod(ready, { deletionTimestamp: '2026-11-21T12:00:00Z' })],
    connected: true,
    says: { reason: 'PodMissing' },
  },
])('a seeder $name', ({ pods, connected = false, says }) => {
  const down = seederDown({ profile: profile(), settings, pods, seederConnected: connected })
  if (says) expect(down).toMatchObject(says)
  else expect(down).toBeUndefined()
})

const trouble = (reason: string, starting: boolean): SeederDown => ({
  pod: 's-0',
  reason,
  message: `${reason}.`,
  starting,
})
const agentStarts: Down = { node: 'n1', reason: 'NotReady', message: 'NotReady.', starting: true }

test.for<{ name: string; seeder: SeederDown; seconds: number; isReady?: boolean; said: string }>([
  {
    name: 'is not missed while it connects again',
    seeder: trouble('NotConnected', true),
    seconds: 29,
    isReady: true,
    said: 'True AgentsReady',
  },
  {
    name: 'is waited for when that takes long',
    seeder: trouble('NotConnected', true),
    seconds: 30,
    isReady: true,
    said: 'False WaitingForSeeder',
  },
  {
    name: 'stalls the profile after two minutes',
    seeder: trouble('Unschedulable', true),
    seconds: 120,
    said: 'False SeederMissing',
  },
  {
    name: 'is waited for before',
    seeder: trouble('Unschedulable', true),
    seconds: 119,
    said: 'False WaitingForSeeder',
  },
  {
    name: 'stalls it at once when Kubernetes has given up',
    seeder: trouble('ImagePullBackOff', false),
    seconds: 0,
    said: 'False SeederMissing',
  },
])('a seeder that does not come up $name', ({ seeder, seconds, isReady = false, said }) => {
  const given = { seeder, seederDownSince: secondsAgo(seconds) }
  const planned = decide({ ...running(profile(), 3, 3, isReady ? 1 : 0), ...given })
  expect(planned.said).toBe(said)
  expect(planned.requeueAfterMs).toBe(10_000)
  if (said.startsWith('True')) return
  const says = findCondition(planned.status?.conditions, 'Ready')?.message
  expect(says).toContain(`Pod s-0: ${seeder.reason}: ${seeder.message}`)
})

test('agents on their way do not hide a seeder that does not come up', () => {
  const seeder = trouble('ImagePullBackOff', false)
  const planned = decide({ ...running(profile(), 3, 2, 0), down: [agentStarts], seeder })
  expect(planned.said).toBe('False SeederMissing')
})
