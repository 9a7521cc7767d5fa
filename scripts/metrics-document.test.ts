// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NodeLimits } from '@patchswarm/swarm/limits'
import { pino } from 'pino'
import type { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createMetrics as agentMetrics } from '../agent/src/admin/metrics.ts'
import { createMetrics as operatorMetrics } from '../operator/src/metrics.ts'

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'metrics.md'), 'utf8')
const [, agentPart = '', operatorPart = ''] = text.split(/^## (?:Agent|Operator).*$/m)

interface Row {
  name: string
  type: string
  labels: string[]
}

const inOrder = (rows: Row[]): Row[] =>
  rows
    .map((row) => ({ ...row, labels: row.labels.toSorted() }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Rows of the table in this part of the document. */
const documented = (part: string): Row[] =>
  inOrder(
    [...part.matchAll(/^\| `(patchswarm_\w+)` \| (\w+) \| ([\w, ]*) ?\| .{10,} \|$/gm)].map(
      ([, name = '', type = '', labels = '']) => ({ name, type, labels: labels.match(/\w+/g) ?? [] }),
    ),
  )

/** What the program shows, but for what prom-client itself puts in. */
const registered = (registry: Registry): Row[] =>
  inOrder(
    registry
      .getMetricsAsArray()
      .map((metric) => metric as unknown as { name: string; type: string; labelNames: string[] })
      .filter(({ name }) => name.startsWith('patchswarm_'))
      .map(({ name, type, labelNames }) => ({ name, type, labels: labelNames })),
  )

function agent(): Registry {
  return agentMetrics({
    info: { version: '1.2.3', role: 'agent', profile: 'default' },
    workers: { artifacts: new Map(), deliveries: new Map() },
    exchange: { peerCount: 0, conduct: { strikes: 0, quarantines: 0, quarantined: 0 } },
    store: { usage: async () => ({ usedBytes: 0, freeBytes: 0, byArtifact: new Map(), lost: [] }) },
    limits: new NodeLimits(pino({ level: 'silent' })),
    keeper: {
      limits: { minSize: 0, maxSize: 0, minFree: 0, retentionMs: 0 },
      evictions: new Map(),
      refusal: '',
    },
    trackerConnected: () => false,
  })
}

function operator(): Registry {
  const metrics = operatorMetrics()
  metrics.showTracker({ clients: () => [], onReport: () => () => undefined }, () => false)
  return metrics.registry
}

describe('docs/metrics.md', () => {
  test.for([
    ['agent', agent, agentPart],
    ['operator', operator, operatorPart.split(/^## /m)[0] ?? ''],
  ] as const)('names every metric of the %s with its type and labels, and no other', ([, create, part]) => {
    const rows = registered(create())
    expect(rows.length).toBeGreaterThan(8)
    expect(documented(part)).toEqual(rows)
  })

  test('asks for nothing in its examples that is not shown', () => {
    const known = new Set([...registered(agent()), ...registered(operator())].map(({ name }) => name))
    const examples = [...text.matchAll(/```promql\n([^`]*)```/g)].map(([, query = '']) => query).join('\n')
    const asked = examples.match(/patchswarm_\w+/g) ?? []
    expect(asked.length).toBeGreaterThan(8)
    expect(asked.filter((name) => !known.has(name))).toEqual([])
  })
})

describe('the names', () => {
  test.for([...registered(agent()), ...registered(operator())])(
    '$name is as Prometheus advises',
    (metric) => {
      expect(metric.name).toMatch(/^patchswarm(_[a-z]+)+$/)
      expect(metric.name.endsWith('_total')).toBe(metric.type === 'counter')
      expect(metric.name).not.toMatch(/_(ms|kb|mb|percent)(_|$)/)
    },
  )
})
