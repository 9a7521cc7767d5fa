// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import { findCondition } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { decide, delivered, said } from '../testing/job-plans.ts'
import { artifact, job, nodes, rollout, row } from '../testing/objects.ts'
import { tooOld } from './needs.ts'

const agents = new Map([
  ['old', { agentVersion: '0.1.0', protocolVersion: 1 }],
  ['new', { agentVersion: '0.2.0', protocolVersion: 2 }],
  ['newer', { agentVersion: '9.0.0', protocolVersion: 99 }],
])
const delivery = job().spec.delivery
const byContent = artifact({ chunking: { strategy: 'ContentDefined' } })

test.for<{
  name: string
  spec: Partial<DistributionJob['spec']>
  artifacts?: [typeof byContent]
  lacks?: string
}>([
  { name: 'one file under its name', spec: {} },
  { name: 'a copy', spec: { delivery: { ...delivery, method: 'Copy' } }, lacks: 'spec.delivery.method' },
  {
    name: 'the cache alone',
    spec: { delivery: { method: 'CacheOnly', mode: '0644' } },
    lacks: 'spec.delivery.method',
  },
  {
    name: 'that old versions go',
    spec: { delivery: { ...delivery, keepVersions: 1 } },
    lacks: 'spec.delivery.keepVersions',
  },
  {
    name: 'that files stay as they are',
    spec: { completionPolicy: 'KeepCurrent' },
    lacks: 'spec.completionPolicy KeepCurrent',
  },
  {
    name: 'chunks that its content ends',
    spec: {},
    artifacts: [byContent],
    lacks: 'chunking.strategy ContentDefined of an artifact',
  },
])('a job that asks for $name: who is too old', ({ spec, artifacts = [artifact()], lacks }) => {
  expect([...tooOld(job(spec), [...artifacts, undefined], agents)]).toEqual(
    lacks ? [['old', `The agent of version 0.1.0 speaks protocol 1, and ${lacks} needs protocol 2`]] : [],
  )
})

test('an agent with a long name for its version does not make a sentence that no object takes', () => {
  const talkative = new Map([['n1', { agentVersion: 'x'.repeat(1e6), protocolVersion: 1 }]])
  const sentence = tooOld(job({ completionPolicy: 'KeepCurrent' }), [], talkative).get('n1')
  expect(sentence?.length).toBeLessThan(256)
})

describe('a node whose agent is too old', () => {
  const old = new Map([['n1', 'The agent is old']])

  test('fails before its work is handed out', () => {
    const planned = decide({ nodes: nodes(1), tooOld: old })
    expect(planned.create[0]?.spec.refusal).toMatchObject({
      reason: 'AgentTooOld',
      message: expect.stringMatching(/^The agent is old: give the chart .*image.agent/),
    })
  })

  test('is waited for while the profile replaces its agents, and the others begin', () => {
    const waits = decide({ nodes: nodes(1), tooOld: old, agentsRoll: new Set(['n1']) })
    expect(said(waits)).toBe('False Reconciling WaitingForAgents')
    expect(waits.create).toEqual([])
    expect(findCondition(waits.status.conditions, 'Ready')?.message).toBe(
      '1 node whose agent is too old and about to be replaced (n1: The agent is old).',
    )
    const begins = decide({ tooOld: old, agentsRoll: new Set(['n1']) })
    expect(begins.create.map((one) => one.spec.nodeName).sort()).toEqual(['n2', 'n3'])
  })

  test('tries again with a new one', () => {
    const refused = { reason: 'AgentTooOld', message: 'The agent is old.' }
    const made = row('n1', { state: 'Failed', ...refused, completionTime: delivered.completionTime })
    const again = decide({
      job: job({ rollout: rollout({ retryToken: 'updated' }) }),
      nodes: nodes(1),
      nodeDistributions: [{ ...made, spec: { ...made.spec, refusal: refused } }],
    })
    expect(again.rows).toMatchObject([{ status: { state: 'Waiting', attempt: 2 } }])
  })
})
