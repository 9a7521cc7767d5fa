// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { decide, delivered, failed, said } from '../testing/job-plans.ts'
import { condition, digest, job, node, nodes, rollout, row } from '../testing/objects.ts'

const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
const idle = { create: [], rows: [], remove: [], announce: [], events: [] }

test('a job that is over is left alone', () => {
  const over = job({}, { observedGeneration: 1, conditions })
  expect(decide({ job: over })).toEqual({ ...idle, status: over.status })
})

test('nodes of a job that is over say what they have, and are asked again while they do not', () => {
  const nodeDistributions = [row('n1', delivered), row('n2', failed)]
  const over = (spec: object) =>
    decide({ job: job(spec, { observedGeneration: 1, conditions }), nodes: nodes(2), nodeDistributions })
  const handOver = { nodeAnnotation: 'kernel' }
  for (const spec of [{ handOver }, { handOver, delivery: { method: 'CacheOnly', mode: '0644' } }]) {
    expect(over(spec)).toMatchObject({ announce: [{ node: 'n1', value: digest }], requeueAfterMs: 10_000 })
  }
  expect(over({ handOver, ttlSecondsAfterFinished: 60 }).announce).toHaveLength(1)
  expect(over({})).toMatchObject(idle)
})

test.for([
  { name: 'stays without a time to live', ttl: undefined, is: idle },
  { name: 'waits for its time', ttl: 61, is: { requeueAfterMs: 1000, rows: [] } },
  { name: 'waits in steps that a timer can take', ttl: 86_400, is: { requeueAfterMs: 3_600_000 } },
  { name: 'goes when its time has come', ttl: 60, is: { expired: true } },
])('a job that is over $name', ({ ttl, is }) => {
  const status = { observedGeneration: 1, conditions, completionTime: '2026-11-21T11:59:00Z' }
  const over = job(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }, status)
  expect(decide({ job: over })).toMatchObject({ ...is, status })
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
  const changed = job({ suspend: true }, { observedGeneration: 1, conditions, succeeded: 3 })
  changed.metadata.generation = 2
  const planned = decide({ job: changed })
  expect(planned.status).toMatchObject({ observedGeneration: 2, succeeded: 3 })
  expect(said(planned)).toBe('True Complete Completed')
  expect([...planned.create, ...planned.events]).toEqual([])
})

test.for([
  { name: 'gone', nodes: nodes(1) },
  { name: 'cordoned and without its agent', nodes: [node('n1'), node('n2', {}, { unschedulable: true })] },
])('a new token does not open a job that is over for a node that is $name', ({ nodes }) => {
  const status = { observedGeneration: 1, conditions, completionTime: '2026-11-21T11:59:00Z' }
  const over = job({ ttlSecondsAfterFinished: 60, rollout: rollout({ retryToken: 'second' }) }, status)
  const nodeDistributions = [row('n1', delivered), row('n2', failed)]
  const connected = new Set(['n1'])
  expect(decide({ job: over, nodes, connected, nodeDistributions })).toMatchObject({ expired: true, status })
})

test('a new token opens a job again that is over', () => {
  const ended = [condition('Ready', 'NodesFailed', 'False'), condition('Failed', 'NodesFailed')]
  const status = { observedGeneration: 1, conditions: ended }
  const over = job({ rollout: rollout({ retryToken: 'second' }) }, status)
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
  const nodeDistributions = [row('n1', delivered), after]
  expect(decide({ job: over, nodes: nodes(2), nodeDistributions })).toEqual({ ...idle, status })
})
