// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { decide, delivered, failed, said } from '../testing/job-plans.ts'
import { condition, job, MiB, nodes, rollout, row } from '../testing/objects.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'

describe('the deadline for progress', () => {
  const late = rollout({ progressDeadlineSeconds: 60, maxConcurrent: 1 })
  const status = {
    conditions: [condition('Ready', 'Distributing', 'False')],
    startTime: '2026-11-21T11:00:00Z',
    lastProgressTime: '2026-11-21T11:59:00Z',
    desired: 3,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    progressPercent: 0,
    bytes: { origin: 100 * MiB, peers: 0, cache: 0, total: 300 * MiB },
  }
  const after = (over: object = {}, given: Partial<Observed> = {}) =>
    decide({ job: job({ rollout: late }, { ...status, ...over }), nodeDistributions: [row('n1')], ...given })

  test.for<{ name: string; plan: () => Plan; says: string; since?: string }>([
    {
      name: 'has passed: the job says so',
      plan: () => after(),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'has passed before: it stays so',
      plan: () => after({ conditions: [condition('Ready', 'ProgressDeadlineExceeded', 'False')] }),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'has not passed',
      plan: () => after({ lastProgressTime: '2026-11-21T11:59:01Z' }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T11:59:01Z',
    },
    {
      name: 'begins anew when something came',
      plan: () => after({ bytes: { ...status.bytes, origin: 1 } }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T12:00:00Z',
    },
    {
      name: 'begins anew when a node is done',
      plan: () => after({}, { nodeDistributions: [row('n1', failed)] }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T12:00:00Z',
    },
    {
      name: 'does not begin anew when something was lost',
      plan: () => after({ progressPercent: 50, bytes: { ...status.bytes, peers: 5 } }),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'begins when the hours of the job begin',
      plan: () => after({ conditions: [condition('Ready', 'OutsideWindow', 'False')] }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T12:00:00Z',
    },
    {
      name: 'also passes while agents are waited for',
      plan: () => after({}, { nodeDistributions: [], connected: new Set() }),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'does not count while the job is suspended',
      plan: () =>
        decide({ job: job({ rollout: late, suspend: true }, status), nodeDistributions: [row('n1')] }),
      says: 'False Reconciling Suspended Suspended',
    },
  ])('$name', ({ plan: planned, says, since }) => {
    const one = planned()
    expect(said(one)).toBe(says)
    expect(one.status.lastProgressTime).toBe(since)
  })

  test('a job that is late goes on all the same, and is looked at again', () => {
    const planned = after({ desired: 1 }, { nodes: nodes(2), nodeDistributions: [row('n1', delivered)] })
    const overdue = decide({
      job: job({ rollout: late }, { ...planned.status, lastProgressTime: status.lastProgressTime }),
      nodes: nodes(2),
      nodeDistributions: [row('n1', delivered)],
    })
    expect(said(overdue)).toBe('False Stalled ProgressDeadlineExceeded')
    expect(overdue.create).toHaveLength(1)
    expect(after().requeueAfterMs).toBeGreaterThan(0)
  })
})
