// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistributionStatus } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { decide, delivered, failed, said } from '../testing/job-plans.ts'
import { job, nodes, now, rollout, row } from '../testing/objects.ts'
import { againStatus, retryAt } from './retry.ts'

const under = (retryToken?: string) => job({ rollout: rollout(retryToken ? { retryToken } : {}) })

describe('a token for failed nodes', () => {
  const again = { ...failed, attempt: 2, retries: 0 }
  test.for<{ name: string; first?: string; status?: NodeDistributionStatus; now?: string; tries: boolean }>([
    { name: 'is new to a node that began without one', now: 'a', tries: true },
    { name: 'is not new to a node that began with it', first: 'a', now: 'a', tries: false },
    { name: 'is new to a node that began with another', first: 'a', now: 'b', tries: true },
    {
      name: 'is not new to a node that tried again with it',
      first: 'a',
      status: { ...again, retryToken: 'b' },
      now: 'b',
      tries: false,
    },
    {
      name: 'is new to a node that tried again without one, whatever it had first',
      first: 'a',
      status: again,
      now: 'a',
      tries: true,
    },
    { name: 'that is taken away asks for nobody', status: { ...again, retryToken: 'a' }, tries: false },
  ])('$name', ({ first, status, now, tries }) => {
    const before: NodeDistributionStatus = status ?? failed
    const planned = decide({
      job: under(now),
      nodes: nodes(1),
      nodeDistributions: [row('n1', before, under(first))],
    })
    expect(planned.rows.map((one) => one.status.attempt)).toEqual(tries ? [(before.attempt ?? 1) + 1] : [])
    expect(said(planned)).toBe(tries ? 'False Reconciling Distributing' : 'False Stalled Failed NodesFailed')
  })

  test('stands in the row from the beginning', () => {
    const { create } = decide({ job: under('a'), nodes: nodes(1) })
    expect(create[0]?.spec.retryToken).toBe('a')
    expect(decide({ nodes: nodes(1) }).create[0]?.spec).not.toHaveProperty('retryToken')
  })
})

test.for([
  { name: 'slow', completionTime: '2026-11-21T11:45:00.000Z' },
  { name: 'fast', completionTime: '2026-11-21T12:15:00.000Z' },
])('a node whose clock is $name waits as long as others before it tries again', ({ completionTime }) => {
  const of = job({ rollout: rollout({ retries: 1 }) })
  const nodeDistributions = [row('n1', { ...failed, completionTime })]
  const after = (ms: number) =>
    decide({ job: of, nodes: nodes(1), nodeDistributions, now: new Date(now.getTime() + ms) }).rows.length
  expect([after(4999), after(5000)]).toEqual([0, 1])
})

test.for([
  { attempt: 1, seconds: 5 },
  { attempt: 3, seconds: 20 },
  { attempt: 99, seconds: 300 },
])(
  'what was delivered by try $attempt and changed then is repaired $seconds s later at the soonest',
  (given) => {
    const object = row('n1', { ...delivered, attempt: given.attempt })
    expect(retryAt(object, rollout({})) - retryAt(row('n1', delivered), rollout({}))).toBe(
      (given.seconds - 5) * 1000,
    )
  },
)

test.for<{ name: string; status: NodeDistributionStatus; token?: string; retries: number }>([
  { name: 'a failure', status: { ...failed, retries: 1 }, retries: 2 },
  { name: 'a failure under an earlier token', status: { ...failed, retries: 1 }, token: 'a', retries: 0 },
  { name: 'a delivery that was changed on the node', status: { ...delivered, retries: 1 }, retries: 0 },
  { name: 'being away', status: { ...failed, state: 'Skipped', retries: 1 }, retries: 1 },
])('of the tries that a node has for free, $retries are used up by the one after $name', (given) => {
  const { rollout } = under(given.token).spec
  expect(againStatus(row('n1', given.status), rollout, now).retries).toBe(given.retries)
})
