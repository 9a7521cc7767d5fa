// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isConditionTrue } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { decide, delivered, failed, said } from '../testing/job-plans.ts'
import { job, node, nodes, now, profile, rollout, row } from '../testing/objects.ts'

test('nodes that joined after the start are not part of the job', () => {
  const late = node('late')
  late.metadata.creationTimestamp = '2026-11-21T12:00:05Z'
  const running = job({}, { startTime: '2026-11-21T12:00:00Z' })
  const planned = decide({
    job: running,
    nodes: [...nodes(2), late],
    connected: new Set(['n1', 'n2', 'late']),
  })
  expect(planned.create.map((one) => one.spec.nodeName).sort()).toEqual(['n1', 'n2'])
})

const readySince = (status: 'True' | 'False', since: string) => ({
  conditions: [{ type: 'Ready', status, lastTransitionTime: since, message: 'Kubelet stopped posting.' }],
})
const withStatus = (name: string, status: ReturnType<typeof readySince>) => ({ ...node(name), status })

test.for<{
  name: string
  third: ReturnType<typeof node>
  connected?: string[]
  /** Seconds. */
  awayFor?: number
  rows?: string[]
  nodeSelector?: Record<string, string>
  skipped?: string
}>([
  {
    name: 'a node at work that leaves the profile is left out, although its agent is still connected',
    third: node('n3', { pool: 'core' }),
    rows: ['n3'],
    nodeSelector: { pool: 'edge' },
    skipped: 'NodeLeft',
  },
  {
    name: 'a node at work that only gets other labels may finish',
    third: node('n3', { pool: 'edge', more: 'labels' }),
    rows: ['n3'],
    nodeSelector: { pool: 'edge' },
  },
  {
    name: 'a node at work that gets a taint which the profile does not tolerate is left out',
    third: node('n3', {}, { taints: [{ key: 'gpu', effect: 'NoSchedule' }] }),
    rows: ['n3'],
    skipped: 'NodeLeft',
  },
  {
    name: 'a cordoned node is left out',
    third: node('n3', {}, { unschedulable: true }),
    skipped: 'NodeCordoned',
  },
  {
    name: 'a cordoned node at work may finish',
    third: node('n3', {}, { unschedulable: true }),
    rows: ['n3'],
  },
  {
    name: 'a node that has not been ready for a minute is left out',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:00Z')),
    skipped: 'NodeNotReady',
  },
  {
    name: 'a node that is not ready for a moment is waited for',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:01Z')),
  },
  { name: 'a ready node takes part', third: withStatus('n3', readySince('True', '2026-11-21T11:00:00Z')) },
  {
    name: 'a node at work that is lost is left out',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:00Z')),
    rows: ['n3'],
    connected: ['n1', 'n2'],
    skipped: 'NodeNotReady',
  },
  {
    name: 'a node that is not ready but whose agent is at work may finish',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:00Z')),
    rows: ['n3'],
  },
  {
    name: 'a cordoned node at work whose agent was away for a minute is left out',
    third: node('n3', {}, { unschedulable: true }),
    rows: ['n3'],
    connected: ['n1', 'n2'],
    awayFor: 60,
    skipped: 'NodeCordoned',
  },
  {
    name: 'a cordoned node at work whose agent has gone just now, or may be on its way to a new leader, is waited for',
    third: node('n3', {}, { unschedulable: true }),
    rows: ['n3'],
    connected: ['n1', 'n2'],
    awayFor: 59,
  },
  {
    name: 'so is one that is not ready',
    third: withStatus('n3', readySince('False', '2026-11-21T11:00:00Z')),
    rows: ['n3'],
    connected: ['n1', 'n2'],
    awayFor: 0,
  },
  {
    name: 'another machine of the same name is not the node that began',
    third: { ...node('n3'), metadata: { ...node('n3').metadata, uid: 'another' } },
    rows: ['n3'],
    skipped: 'NodeGone',
  },
])('$name', ({ third, connected = ['n1', 'n2', 'n3'], awayFor, rows = [], nodeSelector = {}, skipped }) => {
  const { status } = decide({
    profile: profile({ nodeSelector }),
    nodes: [node('n1', nodeSelector), node('n2', nodeSelector), third],
    connected: new Set(connected),
    awaySince: new Map(awayFor === undefined ? [] : [['n3', now.getTime() - awayFor * 1000]]),
    nodeDistributions: ['n1', 'n2'].map((name) => row(name, delivered)).concat(rows.map((name) => row(name))),
  })
  expect(status.skippedNodes?.map((one) => one.reason)).toEqual(skipped ? [skipped] : [])
  expect(isConditionTrue(status.conditions, 'Complete')).toBe(skipped !== undefined)
})

test.for([
  { awayFor: 59, again: true },
  { awayFor: 60, again: false },
])(
  'a halted job whose last node went $awayFor s ago, cordoned, looks again: $again',
  ({ awayFor, again }) => {
    const planned = decide({
      job: job({ rollout: rollout({ retries: 1, failureThreshold: 1 }) }),
      nodes: [node('n1'), node('n2', {}, { unschedulable: true })],
      connected: new Set(['n1']),
      awaySince: new Map([['n2', now.getTime() - awayFor * 1000]]),
      nodeDistributions: [row('n1', { ...failed, retries: 1 }), row('n2', failed)],
    })
    expect(planned.requeueAfterMs !== undefined).toBe(again)
  },
)

test('a failed node is not tried again on another machine of the same name', () => {
  const other = { ...node('n3'), metadata: { ...node('n3').metadata, uid: 'another' } }
  const { rows, status } = decide({
    job: job({ rollout: rollout({ retryToken: 'mended' }) }),
    nodes: [...nodes(2), other],
    nodeDistributions: [row('n1', delivered), row('n3', failed)],
  })
  expect(rows).toEqual([])
  expect(status).toMatchObject({ failed: 1, waiting: 0, active: 1 })
})

test('a job whose nodes are all cordoned waits for one', () => {
  const planned = decide({ nodes: [node('n1', {}, { unschedulable: true })] })
  expect(said(planned)).toBe('False Reconciling WaitingForNodes')
})
