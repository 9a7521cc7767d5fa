// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { longestHold, metric, pausesIn, type Reading } from './reading.ts'
import { goalsOf, phaseOf } from './result.ts'

const pauses = (...counts: number[]) =>
  [1, 10, Number.POSITIVE_INFINITY].map((upToMs, at) => ({ upToMs, count: counts[at] ?? 0 }))

const reading: Reading = {
  at: 1000,
  cpuSeconds: 2,
  rssBytes: 300e6,
  delayP99Ms: 11,
  delayMaxMs: 12,
  longestHold: { controller: 'p2p-profile', key: 'bench', ms: 5 },
  heap: { usedBytes: 1, totalBytes: 2, externalBytes: 3 },
  gc: { seconds: 1, pauses: pauses(3, 3, 4) },
  announces: 100,
  etcdBytes: 5000,
  others: { apiServer: 5, etcd: 2, agents: 1 },
}

test('a phase is what was added since its beginning, but for sizes and delays, which are those of its end', () => {
  const after = {
    ...reading,
    at: 5000,
    cpuSeconds: 4,
    rssBytes: 200e6,
    announces: 500,
    etcdBytes: 6000,
    gc: { seconds: 1.5, pauses: pauses(5, 6, 7) },
  }
  expect(phaseOf('rest', reading, after)).toEqual({
    name: 'rest',
    seconds: 4,
    cpuSeconds: 2,
    cores: 0.5,
    rssBytes: 200e6,
    delayP99Ms: 11,
    delayMaxMs: 12,
    longestHold: reading.longestHold,
    heap: reading.heap,
    gc: { seconds: 0.5, longestUpToMs: 10 },
    announcesPerSecond: 100,
    etcdBytes: 1000,
    others: { apiServer: 0, etcd: 0, agents: 0 },
  })
})

test('the worst phase counts for the loop, and of those at rest for memory', () => {
  const rest = phaseOf('rest', reading, { ...reading, at: 2000, rssBytes: 700e6 })
  const job = phaseOf('job', reading, { ...reading, at: 2000, delayMaxMs: 150 })
  const writes = { byNode: 5, total: 10, progress: { total: 0, perSecond: 0, mostInASecond: 0 } }
  const goals = goalsOf({
    benchmark: 'control',
    nodes: 2,
    phases: [rest, job],
    writes,
    jobStatusBytes: 700,
    succeeded: 2,
  })
  expect(goals.filter(({ met }) => !met).map(({ what }) => what)).toEqual([
    'API writes for a node, at most',
    'resident at rest, before and after',
    'longest delay of the loop, ms',
  ])
})

test('a metric is the sum of its lines, and of no other that begins alike', () => {
  const text = '# HELP a_total x\na_total{role="agent"} 3\na_total{role="seeder"} 1\na_total_created 9\n'
  expect(metric(text, 'a_total')).toBe(4)
  expect(metric('VmRSS\t  300 kB\n', 'VmRSS')).toBe(300)
})

test('of all controllers the one that held the loop for longest counts', () => {
  const line = (controller: string, seconds: number) =>
    `patchswarm_reconcile_longest_hold_seconds{controller="${controller}",key="ns/a"} ${seconds}\n`
  expect(longestHold(line('a', 0.02) + line('b', 0.15) + line('c', 0.1))).toEqual({
    controller: 'b',
    key: 'ns/a',
    ms: 150,
  })
  expect(longestHold('')).toBeUndefined()
})

test('pauses of all kinds of collection are counted together', () => {
  const line = (limit: string, kind: string, count: number) =>
    `nodejs_gc_duration_seconds_bucket{le="${limit}",kind="${kind}"} ${count}\n`
  const text =
    line('0.1', 'minor', 3) + line('+Inf', 'minor', 4) + line('0.1', 'major', 1) + line('+Inf', 'major', 1)
  expect(pausesIn(text)).toEqual([
    { upToMs: 100, count: 4 },
    { upToMs: Number.POSITIVE_INFINITY, count: 5 },
  ])
})

test('where nodes say how far they are, what is written of that is bounded', () => {
  const writes = { byNode: 9, total: 1800, progress: { total: 1200, perSecond: 12, mostInASecond: 24 } }
  const goals = goalsOf({
    benchmark: 'control',
    nodes: 2,
    phases: [],
    writes,
    jobStatusBytes: 700,
    succeeded: 2,
  })
  expect(goals[0]).toMatchObject({ what: 'API writes for progress in any second', met: false })
})
