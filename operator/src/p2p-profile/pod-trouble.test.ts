// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ContainerState, Pod } from '@patchswarm/kube'
import { describe, expect, test } from 'vitest'
import { node, profile, settings } from '../testing/objects.ts'
import { agentsDown } from './down.ts'
import { podTrouble } from './pod-trouble.ts'

type Status = NonNullable<Pod['status']>
const pod = (status: Status, nodeName = 'n1'): Pod => ({
  metadata: { name: 'agent-x', namespace: 'ps', labels: { 'patchswarm.dev/role': 'agent' } },
  spec: { containers: [], nodeName },
  status,
})
const container = (state: ContainerState, lastState?: ContainerState): Status => ({
  phase: 'Running',
  containerStatuses: [
    { name: 'agent', ready: false, restartCount: 1, state, ...(lastState && { lastState }) },
  ],
})
const ready: Status = { conditions: [{ type: 'Ready', status: 'True' }] }
const inUse = 'at main.ts\nlisten EADDRINUSE: address already in use 10.0.0.1:4001\n'

describe('a Pod that', () => {
  test.for<{ name: string; status: Status; reason?: string; says?: string; starting?: boolean }>([
    { name: 'is ready has no trouble', status: ready },
    {
      name: 'no node takes says what the scheduler says',
      status: {
        conditions: [{ type: 'PodScheduled', status: 'False', message: "1 node(s) didn't have free ports" }],
      },
      reason: 'Unschedulable',
      says: 'free ports',
      starting: true,
    },
    {
      name: 'cannot get its image says so',
      status: container({ waiting: { reason: 'ErrImagePull', message: 'not found' } }),
      reason: 'ErrImagePull',
      says: 'not found',
    },
    {
      name: 'ends again and again says with what',
      status: container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { terminated: { exitCode: 1, reason: 'Error', message: inUse } },
      ),
      reason: 'CrashLoopBackOff',
      says: 'It ended with exit code 1: at main.ts listen EADDRINUSE: address already in use 10.0.0.1:4001;',
    },
    {
      name: 'was killed says why',
      status: container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      reason: 'OOMKilled',
      says: 'exit code 137 (OOMKilled);',
      starting: true,
    },
    {
      name: 'was evicted says why',
      status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' },
      reason: 'Evicted',
      says: 'low on memory',
    },
    {
      name: 'is being made is only starting',
      status: container({ waiting: { reason: 'ContainerCreating' } }),
      reason: 'NotReady',
      says: 'kubectl -n ps describe pod agent-x',
      starting: true,
    },
    { name: 'is new is only starting', status: {}, reason: 'NotReady', starting: true },
  ])('$name', ({ status, reason, says = '', starting = false }) => {
    const trouble = podTrouble(pod(status))
    expect(trouble && { reason: trouble.reason, starting: trouble.starting }).toEqual(
      reason && { reason, starting },
    )
    expect(trouble?.message ?? '').toContain(says)
  })
})

describe('a node', () => {
  const away = { ...node('n1'), status: { conditions: [{ type: 'Ready', status: 'Unknown' as const }] } }
  const bound = { ...pod({}), spec: { containers: [], ...daemonAffinity('n1') } }
  const leaving = {
    ...pod(ready),
    metadata: { ...pod(ready).metadata, deletionTimestamp: '2026-11-21T12:00:00Z' },
  }

  test.for<{ name: string; on?: ReturnType<typeof node>; pods: Pod[]; connected?: boolean; reason?: string }>(
    [
      { name: 'whose agent is ready and connected is not down', pods: [pod(ready)], connected: true },
      { name: 'whose agent is not connected is', pods: [pod(ready)], reason: 'NotConnected' },
      { name: 'without a Pod is', pods: [], reason: 'PodMissing' },
      { name: 'whose Pod is going is', pods: [leaving], connected: true, reason: 'PodMissing' },
      { name: 'whose Pod waits for its place is', pods: [bound], reason: 'NotReady' },
      { name: 'that is away is', on: away, pods: [pod(ready)], reason: 'NodeNotReady' },
      { name: 'that only seems away is not', on: away, pods: [pod(ready)], connected: true },
      { name: 'of another profile is not', on: node('n1', { pool: 'other' }), pods: [] },
    ],
  )('$name', async ({ on = node('n1', { pool: 'edge' }), pods, connected, reason }) => {
    const labelled = on === away ? { ...away, metadata: { ...away.metadata, labels: { pool: 'edge' } } } : on
    const fleet = {
      profile: profile({ nodeSelector: { pool: 'edge' } }),
      settings,
      nodes: [labelled],
      rivals: [],
      pods,
      connected: new Set(connected ? ['n1'] : []),
    }
    const down = await agentsDown(fleet, () => undefined)
    expect(down.map((one) => one.reason)).toEqual(reason ? [reason] : [])
  })
})

function daemonAffinity(name: string): Pick<Pod['spec'], 'affinity'> {
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [name] }]
  return {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
      },
    },
  }
}
