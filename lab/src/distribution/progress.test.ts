// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Condition, DistributionJob, NodeDistribution, PatchArtifact } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { type AgentState, parseAgentState } from './agent-state.ts'
import { describeProgress } from './progress.ts'

const ready = (status: 'True' | 'False', message: string): Condition => ({
  type: 'Ready',
  status,
  reason: 'Any',
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
})
const artifact = (...conditions: Condition[]) => ({ status: { conditions } }) as PatchArtifact
const job = (...conditions: Condition[]) => ({ status: { conditions } }) as DistributionJob
const distribution = (status: NodeDistribution['status']) => ({ status }) as NodeDistribution
const agent = (fields: Partial<AgentState> = {}): AgentState => ({
  state: 'Fetching',
  percent: 40,
  rate: 1000,
  fromOrigin: 0,
  fromPeers: 400,
  fromCache: 0,
  peers: 3,
  ...fields,
})
const nothing = { artifact: undefined, job: undefined, nodes: new Map<string, NodeDistribution>() }

describe('the headline', () => {
  test.for([
    ['the operator, before it has said anything', nothing, 'waiting for the operator'],
    [
      'the artifact, until it is ready',
      { ...nothing, artifact: artifact(ready('False', 'Ingesting 42 %')), job: job(ready('False', 'waits')) },
      'Ingesting 42 %',
    ],
    [
      'the job then',
      {
        ...nothing,
        artifact: artifact(ready('True', 'Seeded')),
        job: job(ready('False', '1 of 5 nodes done')),
      },
      '1 of 5 nodes done',
    ],
    [
      'what stalls rather than what merely waits',
      {
        ...nothing,
        artifact: artifact(ready('False', 'not ready'), {
          ...ready('True', 'The origin answers 404.'),
          type: 'Stalled',
        }),
      },
      'The origin answers 404.',
    ],
    [
      'the end',
      { ...nothing, job: job(ready('True', 'Delivered on 5 of 5 nodes.')) },
      'Delivered on 5 of 5 nodes.',
    ],
  ] as const)('is about %s', ([, observed, expected]) => {
    expect(describeProgress([], observed, new Map()).headline).toBe(expected)
  })
})

describe('a row', () => {
  const rowOf = (status: NodeDistribution['status'] | undefined, state?: AgentState) =>
    describeProgress(
      ['n1'],
      { ...nothing, nodes: new Map(status ? [['n1', distribution(status)]] : []) },
      new Map(state ? [['n1', state]] : []),
    ).nodes[0]

  test('waits when nobody has said anything', () => {
    expect(rowOf(undefined)).toMatchObject({ name: 'n1', state: 'Waiting', percent: 0 })
  })

  test('shows what the agent says between the writes of its status', () => {
    expect(rowOf({ state: 'Waiting', progressPercent: 10 }, agent())).toMatchObject({
      state: 'Fetching',
      percent: 40,
      rate: 1000,
      fromPeers: 400,
      peers: 3,
    })
  })

  test('never goes back', () => {
    expect(rowOf({ state: 'Fetching', progressPercent: 60 }, agent())).toMatchObject({ percent: 60 })
  })

  test('shows the status once it is final', () => {
    const status = { state: 'Delivered', progressPercent: 100, bytes: { peers: 1000 } } as const
    expect(rowOf(status, agent({ percent: 40 }))).toMatchObject({
      state: 'Delivered',
      percent: 100,
      fromPeers: 1000,
    })
  })
})

describe('parseAgentState', () => {
  const body = { artifacts: [{ digest: 'sha256:aa', state: 'Fetching', size: 200, bytesHeld: 99, peers: 2 }] }

  test('finds the file by its digest', () => {
    expect(parseAgentState(body, 'aa')).toMatchObject({ state: 'Fetching', percent: 49, peers: 2 })
  })

  test.for([
    ['another file', body, 'bb'],
    ['no file yet', {}, 'aa'],
  ] as const)('knows nothing of %s', ([, given, sha256]) => {
    expect(parseAgentState(given, sha256)).toBeUndefined()
  })
})
