// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { decide, delivered, failed, observed, said } from '../testing/job-plans.ts'
import { condition, job, nodes, rollout, row } from '../testing/objects.ts'
import { plan } from './plan.ts'

test('a job that is over is left alone', () => {
  const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
  const over = job({}, { observedGeneration: 1, conditions })
  expect(plan(observed({ job: over }))).toBeUndefined()
})

test.for([
  { name: 'stays without a time to live', ttl: undefined, is: undefined },
  { name: 'waits for its time', ttl: 61, is: { requeueAfterMs: 1000, rows: [] } },
  { name: 'waits in steps that a timer can take', ttl: 86_400, is: { requeueAfterMs: 3_600_000 } },
  { name: 'goes when its time has come', ttl: 60, is: { expired: true } },
])('a job that is over $name', ({ ttl, is }) => {
  const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
  const status = { observedGeneration: 1, conditions, completionTime: '2026-11-21T11:59:00Z' }
  const over = job(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }, status)
  const planned = plan(observed({ job: over }))
  if (is === undefined) expect(planned).toBeUndefined()
  else expect(planned).toMatchObject({ ...is, status })
})

test('a job that is not over has no time to live', () => {
  const running = job({ ttlSecondsAfterFinished: 0 }, { startTime: '2026-11-21T11:00:00Z' })
  expect(decide({ job: running }).expired).toBeUndefined()
})

test('a job that ends does not look after its files', () => {
  const changed = new Set([row('n1').metadata.name])
  const nodeDistributions = [row('n1', delivered), row('n2')]
  expect(decide({ nodes: nodes(2), nodeDistributions, changed }).rows).toEqual([])
})

test('a change of a job that is over is taken note of and changes nothing', () => {
  const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
  const changed = job({ suspend: true }, { observedGeneration: 1, conditions, succeeded: 3 })
  changed.metadata.generation = 2
  const planned = decide({ job: changed })
  expect(planned.status).toMatchObject({ observedGeneration: 2, succeeded: 3 })
  expect(said(planned)).toBe('True Complete Completed')
  expect([...planned.create, ...planned.events]).toEqual([])
})

test('a new token opens a job again that is over', () => {
  const conditions = [condition('Ready', 'NodesFailed', 'False'), condition('Failed', 'NodesFailed')]
  const over = job({ rollout: rollout({ retryToken: 'second' }) }, { observedGeneration: 1, conditions })
  const planned = decide({
    job: over,
    nodes: nodes(2),
    nodeDistributions: [row('n1', delivered), row('n2', failed)],
  })
  expect(said(planned)).toBe('False Reconciling Distributing')
  expect(
    planned.rows.map(({ object, status }) => [object.spec.nodeName, status.attempt, status.state]),
  ).toEqual([['n2', 2, 'Waiting']])
  const after = row('n2', { ...planned.rows[0]?.status, ...failed })
  expect(
    plan(observed({ job: over, nodes: nodes(2), nodeDistributions: [row('n1', delivered), after] })),
  ).toBeUndefined()
})
