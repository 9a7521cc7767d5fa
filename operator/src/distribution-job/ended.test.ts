// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { decide, delivered, progress, said } from '../testing/job-plans.ts'
import { condition, job, node, nodes, now, profile, rollout, row } from '../testing/objects.ts'
import type { Observed } from './observed.ts'

describe('a node that gets nothing done for too long', () => {
  const fetching = row('n1', { state: 'Fetching', attempt: 2, bytes: { peers: 5 } })
  const idleMs = new Map([[fetching.metadata.name, 600_000]])
  const stuck = (over: Partial<Observed> = {}) => decide({ nodeDistributions: [fetching], idleMs, ...over })

  test('fails, and its row keeps what it had reported', () => {
    expect(stuck().rows).toMatchObject([
      {
        object: fetching,
        status: {
          state: 'Failed',
          reason: 'NoProgress',
          attempt: 2,
          bytes: { peers: 5 },
          completionTime: now.toISOString(),
        },
      },
    ])
  })

  test('is left alone a moment before, once it is done, and while the job cannot run', () => {
    const before = new Map([[fetching.metadata.name, 599_999]])
    expect(stuck({ idleMs: before }).rows).toEqual([])
    expect(stuck({ nodeDistributions: [{ ...fetching, status: delivered }] }).rows).toEqual([])
    expect(stuck({ profile: profile({ enabled: false }) }).rows).toEqual([])
  })

  test('is given two report intervals at least', () => {
    expect(stuck({ reportIntervalMs: 300_001 }).rows).toEqual([])
  })

  test.for<{ name: string; given: Partial<Observed>; says: RegExp }>([
    {
      name: 'without an agent',
      given: { connected: new Set() },
      says: /No agent .*patchswarm-default-agent/,
    },
    { name: 'with an agent that does not begin', given: {}, says: /has not taken up the work in 600 s/ },
    {
      name: 'while it fetches',
      given: { live: new Map([[fetching.metadata.name, progress(0)]]) },
      says: /although 2 of the connected peers/,
    },
    {
      name: 'while it writes',
      given: { live: new Map([[fetching.metadata.name, { ...progress(0), state: 'Verifying' }]]) },
      says: /Writing and hashing .*disks/,
    },
  ])('says what to look at, $name', ({ given, says }) => {
    expect(stuck(given).rows[0]?.status.message).toMatch(says)
  })
})

describe('the row of a node that takes no part any more', () => {
  const half = row('n3', { state: 'Fetching', progressPercent: 40 })
  const others = [row('n1', delivered), row('n2', delivered)]
  const left = { nodes: nodes(2), connected: new Set(['n1', 'n2']) }

  test('stays as it is while the job waits for others', () => {
    const nodeDistributions = [row('n1', delivered), row('n2'), half]
    expect(decide({ ...left, nodeDistributions }).rows).toEqual([])
  })

  test('says so when the job is over, and that the node has nothing', () => {
    const planned = decide({ ...left, nodeDistributions: [...others, half] })
    expect(said(planned)).toBe('True Complete Completed')
    expect(planned.rows).toMatchObject([
      { object: half, status: { state: 'Skipped', reason: 'NodeGone', progressPercent: 40, rate: '-' } },
    ])
    expect(planned.rows[0]?.status.conditions?.map((one) => `${one.type} ${one.status}`)).toEqual([
      'Ready False',
      'Stalled True',
    ])
    expect(planned.status).toMatchObject({ succeeded: 2, skipped: 1, failed: 0 })
  })

  const skipped = row('n3', { ...half.status, state: 'Skipped', reason: 'NodeGone', message: 'gone' })

  test('is written once', () => {
    const completionPolicy = 'KeepCurrent' as const
    const nodeDistributions = [...others, skipped]
    const absent = {
      connected: left.connected,
      nodes: [...nodes(2), node('n3', {}, { unschedulable: true })],
    }
    const planned = decide({ ...absent, job: job({ completionPolicy }), nodeDistributions })
    expect(planned).toMatchObject({ rows: [], status: { succeeded: 2, skipped: 1 } })
  })

  test.for([
    { name: 'of a job that keeps nodes current', of: job({ completionPolicy: 'KeepCurrent' }) },
    { name: 'of a job that was begun again', of: job({ rollout: rollout({ retryToken: 'again' }) }) },
  ])('begins again when the node is back, $name', ({ of }) => {
    const planned = decide({ job: of, nodeDistributions: [...others, skipped] })
    expect(planned.rows).toMatchObject([{ object: skipped, status: { state: 'Waiting', attempt: 2 } }])
    expect(planned.status).toMatchObject({ succeeded: 2, active: 1, skipped: 0 })
  })

  test('does not open a job again that is over', () => {
    const over = job(
      { rollout: rollout({ retryToken: 'again' }) },
      {
        observedGeneration: 1,
        conditions: [condition('Ready', 'Completed'), condition('Complete', 'Completed')],
      },
    )
    expect(decide({ job: over, nodeDistributions: [...others, skipped] })).toMatchObject({
      rows: [],
      create: [],
    })
  })
})
