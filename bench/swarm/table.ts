// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatBytes, formatRate } from '../../lab/src/units.ts'
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
export function renderTable({ scenario, fluidBoundSeconds, systems }: BenchResult): string {
  const rows = Object.entries(systems).map(([name, system]) => row(name, system))
  const bound = fluidBoundSeconds === null ? '' : `, fluid bound ${fluidBoundSeconds.toFixed(2)} s`
  return [`${describeScenario(scenario)}${bound}`, '', ...columns([HEAD, ...rows]), '', LEGEND].join('\n')
}

/** "8 receivers, 256.0 MiB, links 100 Mbit/s" */
export function describeScenario({ nodes, size, linkRate, originRate }: Scenario): string {
  const links = linkRate === undefined ? 'links not shaped' : `links ${formatRate(linkRate)}`
  const origin = originRate === undefined ? [] : [`origin ${formatRate(originRate)}`]
  return [`${nodes} receiver${nodes === 1 ? '' : 's'}`, formatBytes(size), links, ...origin].join(', ')
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

/** Cells under each other: the first column to the left, numbers to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((cells) => cells.length))
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...rows.map((cells) => cells[i]?.length ?? 0)),
  )
  return rows.map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
