// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatBytes } from '../../lab/src/units.ts'
import { columns } from '../columns.ts'
import { atMost, type Goal, renderGoals } from '../goals.ts'
import type { Reading } from './reading.ts'

/** From one reading to the next. */
export interface Phase {
  readonly name: string
  readonly seconds: number
  readonly cpuSeconds: number
  /** Parts of one core. */
  readonly cores: number
  /** At its end. */
  readonly rssBytes: number
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  readonly announcesPerSecond: number
  readonly etcdBytes: number
  /** Seconds of CPU of the programs beside the operator. */
  readonly others: Reading['others']
}

export interface ControlResult {
  readonly benchmark: 'control'
  readonly nodes: number
  readonly phases: readonly Phase[]
  /** Writes of the operator for the job. */
  readonly writes: { readonly byNode: number; readonly total: number }
  readonly jobStatusBytes: number
  readonly succeeded: number
  readonly goals: readonly Goal[]
}

export function phaseOf(name: string, before: Reading, after: Reading): Phase {
  const seconds = (after.at - before.at) / 1000
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  return {
    name,
    seconds,
    cpuSeconds,
    cores: cpuSeconds / seconds,
    rssBytes: after.rssBytes,
    delayP99Ms: after.delayP99Ms,
    delayMaxMs: after.delayMaxMs,
    announcesPerSecond: (after.announces - before.announces) / seconds,
    etcdBytes: after.etcdBytes - before.etcdBytes,
    others: {
      apiServer: after.others.apiServer - before.others.apiServer,
      etcd: after.others.etcd - before.others.etcd,
      agents: after.others.agents - before.others.agents,
    },
  }
}

/** Limits that hold for 5,000 nodes, and so for fewer. */
export function goalsOf({ phases, writes, jobStatusBytes }: Omit<ControlResult, 'goals'>): Goal[] {
  const atRest = phases.find(({ name }) => name === 'rest')?.cores ?? Number.NaN
  const whole = (value: number) => String(Math.round(value))
  return [
    atMost('API writes for a node, at most', writes.byNode, 4, whole),
    atMost('status of the job', jobStatusBytes, 64 * 1024, formatBytes),
    atMost('resident', Math.max(...phases.map(({ rssBytes }) => rssBytes)), 600e6, formatBytes),
    atMost('cores at rest', atRest, 1),
    atMost(
      'longest delay of the loop, ms',
      Math.max(...phases.map(({ delayMaxMs }) => delayMaxMs)),
      100,
      whole,
    ),
  ]
}

export function renderResult({
  nodes,
  phases,
  writes,
  jobStatusBytes,
  succeeded,
  goals,
}: ControlResult): string {
  const head = ['PHASE', 'SECONDS', 'CPU s', 'CORES', 'RSS', 'DELAY p99', 'MAX', 'ANNOUNCES/s', 'ETCD']
  const others = ['CPU s', 'operator', 'API server', 'etcd', 'agents']
  const rows = phases.map((one) => [
    one.name,
    one.seconds.toFixed(1),
    one.cpuSeconds.toFixed(1),
    one.cores.toFixed(2),
    formatBytes(one.rssBytes),
    `${one.delayP99Ms.toFixed(0)} ms`,
    `${one.delayMaxMs.toFixed(0)} ms`,
    one.announcesPerSecond.toFixed(0),
    formatBytes(one.etcdBytes),
  ])
  return [
    `${nodes} nodes, ${succeeded} of them succeeded`,
    '',
    ...columns([head, ...rows]),
    '',
    ...columns([others, ...phases.map(othersOf)]),
    '',
    `API writes for the job: ${writes.total}, ${(writes.total / nodes).toFixed(2)} a node; ${writes.byNode} for the node with the most`,
    `status of the job: ${jobStatusBytes} bytes`,
    ...renderGoals(goals),
  ].join('\n')
}

const othersOf = ({ name, cpuSeconds, others }: Phase): string[] => [
  name,
  ...[cpuSeconds, others.apiServer, others.etcd, others.agents].map((seconds) => seconds.toFixed(1)),
]
