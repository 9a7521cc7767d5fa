// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ProgressWrites } from '../../lab/src/distribution/audit-log.ts'
import { formatBytes } from '../../lab/src/units.ts'
import { columns } from '../columns.ts'
import { atMost, type Goal, renderGoals } from '../goals.ts'
import type { Pauses, Reading } from './reading.ts'

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
  readonly longestHold: Reading['longestHold']
  /** At its end. */
  readonly heap: Reading['heap']
  /** What garbage collection took, and what no pause of it was longer than. */
  readonly gc: { readonly seconds: number; readonly longestUpToMs: number }
  readonly announcesPerSecond: number
  readonly etcdBytes: number
  /** Seconds of CPU of the programs beside the operator. */
  readonly others: Reading['others']
}

export interface ControlResult {
  readonly benchmark: 'control'
  readonly nodes: number
  readonly phases: readonly Phase[]
  /** Writes of the operator for the job; progress is counted in all of them. */
  readonly writes: {
    readonly byNode: number
    readonly total: number
    readonly progress: ProgressWrites
  }
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
    longestHold: after.longestHold,
    heap: after.heap,
    gc: {
      seconds: after.gc.seconds - before.gc.seconds,
      longestUpToMs: longestPause(before.gc.pauses, after.gc.pauses),
    },
    announcesPerSecond: (after.announces - before.announces) / seconds,
    etcdBytes: after.etcdBytes - before.etcdBytes,
    others: {
      apiServer: after.others.apiServer - before.others.apiServer,
      etcd: after.others.etcd - before.others.etcd,
      agents: after.others.agents - before.others.agents,
    },
  }
}

/** The least limit that all pauses of the phase kept. */
function longestPause(before: readonly Pauses[], after: readonly Pauses[]): number {
  const countedBefore = new Map(before.map(({ upToMs, count }) => [upToMs, count]))
  const during = after.map(({ upToMs, count }) => ({
    upToMs,
    count: count - (countedBefore.get(upToMs) ?? 0),
  }))
  const all = Math.max(0, ...during.map(({ count }) => count))
  return all === 0 ? 0 : Math.min(...during.filter(({ count }) => count === all).map(({ upToMs }) => upToMs))
}

/** Limits that hold for 5,000 nodes, and so for fewer. */
export function goalsOf({ phases, writes, jobStatusBytes }: Omit<ControlResult, 'goals'>): Goal[] {
  const resting = phases.filter(({ name }) => name.startsWith('rest'))
  const whole = (value: number) => String(Math.round(value))
  return [
    // All but three writes of a node are taken for progress.
    writes.progress.total === 0
      ? atMost('API writes for a node, at most', writes.byNode, 4, whole)
      : atMost('API writes for progress in any second', writes.progress.mostInASecond, 20, whole),
    atMost('status of the job', jobStatusBytes, 64 * 1024, formatBytes),
    atMost(
      'resident at rest, before and after',
      Math.max(...resting.map(({ rssBytes }) => rssBytes)),
      600e6,
      formatBytes,
    ),
    atMost('cores at rest', Math.max(...resting.map(({ cores }) => cores)), 1),
    atMost(
      'longest hold of the loop by a reconcile, ms',
      Math.max(...phases.map(({ longestHold }) => longestHold?.ms ?? 0)),
      100,
      whole,
    ),
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
    ...columns([
      ['OPERATOR', 'HEAP used', 'of', 'EXTERNAL', 'GC s', 'PAUSES', 'LONGEST RECONCILE'],
      ...phases.map(insideOf),
    ]),
    '',
    `API writes for the job: ${writes.total}, ${(writes.total / nodes).toFixed(2)} a node; ${writes.byNode} for the node with the most`,
    `of them for progress: ${writes.progress.total}, ${writes.progress.perSecond.toFixed(1)} a second and at most ${writes.progress.mostInASecond} in any`,
    `status of the job: ${jobStatusBytes} bytes`,
    ...renderGoals(goals),
  ].join('\n')
}

const othersOf = ({ name, cpuSeconds, others }: Phase): string[] => [
  name,
  ...[cpuSeconds, others.apiServer, others.etcd, others.agents].map((seconds) => seconds.toFixed(1)),
]

const insideOf = ({ name, heap, gc, longestHold }: Phase): string[] => [
  name,
  ...[heap.usedBytes, heap.totalBytes, heap.externalBytes].map((bytes) => formatBytes(bytes)),
  gc.seconds.toFixed(2),
  `≤ ${gc.longestUpToMs} ms`,
  longestHold ? `${longestHold.ms.toFixed(0)} ms: ${longestHold.controller} ${longestHold.key}` : '',
]
