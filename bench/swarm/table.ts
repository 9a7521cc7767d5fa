// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatBytes, formatRate } from '../../lab/src/units.ts'
import { columns } from '../columns.ts'
import { type Goal, renderGoals } from '../goals.ts'
import type { BenchResult, SystemResult } from './result.ts'
import type { Scenario } from './scenario.ts'

const HEAD = [
  'SYSTEM',
  'LAST s',
  'SPREAD',
  'MEDIAN s',
  'STRETCH',
  'SEED SENT',
  'AMPLIF.',
  'RECEIVED',
  'CPU s/GB',
  'OF SEED',
  'PEAK RSS',
]

const LEGEND = `last, median: seconds until the last and the middle node had the file; spread: of the last, over runs
stretch: last ÷ fluid bound; amplification: payload sent by the source ÷ file; received: by receivers ÷ what they wanted
CPU: of all receivers, and of the seed, for each GB delivered; RSS: of the largest receiver`

/** For the terminal. */
export function renderTable(
  { scenario, fluidBoundSeconds, systems }: BenchResult,
  goals: readonly Goal[] = [],
): string {
  const rows = Object.entries(systems).map(([name, system]) => row(name, system))
  const bound = fluidBoundSeconds === null ? '' : `, fluid bound ${fluidBoundSeconds.toFixed(2)} s`
  const head = `${describeScenario(scenario)}${bound}`
  return [head, '', ...columns([HEAD, ...rows]), '', LEGEND, ...renderGoals(goals)].join('\n')
}

/** "8 receivers, 256.0 MiB, links 100 Mbit/s" */
export function describeScenario({ nodes, beside, size, linkRate, originRate }: Scenario): string {
  const links = linkRate === undefined ? 'links not shaped' : `links ${formatRate(linkRate)}`
  const origin = originRate === undefined ? [] : [`origin ${formatRate(originRate)}`]
  const receivers = `${nodes} receiver${nodes === 1 ? '' : 's'}${beside ? ` beside ${beside} not counted` : ''}`
  return [receivers, formatBytes(size), links, ...origin].join(', ')
}

function row(name: string, system: SystemResult): string[] {
  const { runs } = system
  const makespans = runs.map((run) => run.makespanSeconds)
  const mean = (read: (run: SystemResult['runs'][number]) => number) =>
    runs.reduce((sum, run) => sum + read(run), 0) / runs.length
  return [
    name,
    system.makespanSeconds.toFixed(2),
    runs.length === 1 ? '1 run' : `${Math.min(...makespans).toFixed(2)}–${Math.max(...makespans).toFixed(2)}`,
    system.medianSeconds.toFixed(2),
    system.stretch?.toFixed(3) ?? '–',
    formatBytes(Math.round(mean((run) => run.sentBySource))),
    system.originAmplification.toFixed(3),
    mean((run) => run.receivedRatio).toFixed(3),
    system.cpuSecondsPerGB.receivers.toFixed(2),
    system.cpuSecondsPerGB.seed.toFixed(2),
    formatBytes(system.peakRssBytes),
  ]
}
