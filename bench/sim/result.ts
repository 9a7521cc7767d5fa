// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { columns } from '../columns.ts'
import type { SimScenario } from './scenarios.ts'
import type { SimRun } from './simulate.ts'

/** One scenario over all seeds: medians, and the worst of the last nodes. */
export interface SimResult {
  readonly scenario: SimScenario
  readonly p50: number
  readonly p99: number
  readonly last: number
  readonly worst: number
  readonly amplification: number
  readonly duplicates: number
  readonly wrong: number
  readonly messages: number
  /** Control messages that a receiver sent for each chunk of the file, the fewest and the most; and the seeder. */
  readonly messagesLeast: number
  readonly messagesMost: number
  readonly messagesSeeder: number
  readonly sentLeast: number
  readonly sentMost: number
  readonly copies: number
  /** The last node's median against the published one; null where there is none. */
  readonly deviation: number | null
  readonly fits: boolean | null
  readonly runs: readonly SimRun[]
}

/** How far a row may be from the published number. */
export const TOLERANCE = 0.02

export function summarise(scenario: SimScenario, runs: readonly SimRun[]): SimResult {
  const median = (read: (run: SimRun) => number) => {
    const sorted = runs.map(read).sort((a, b) => a - b)
    return sorted[sorted.length >>> 1] ?? Number.NaN
  }
  const last = median((run) => run.last)
  const chunks = Math.ceil(scenario.size / scenario.chunk)
  const deviation = scenario.published === undefined ? null : last / scenario.published - 1
  return {
    scenario,
    p50: median((run) => run.p50),
    p99: median((run) => run.p99),
    last,
    worst: Math.max(...runs.map((run) => run.last)),
    amplification: median((run) => run.amplification),
    duplicates: median((run) => run.duplicates),
    wrong: median((run) => run.wrong),
    messages: median((run) => run.messages),
    messagesLeast: Math.min(...runs.map((run) => least(run.messagesByNode) / chunks)),
    messagesMost: Math.max(...runs.map((run) => most(run.messagesByNode) / chunks)),
    messagesSeeder: median((run) => (run.messagesByNode[0] ?? 0) / chunks),
    sentLeast: Math.min(...runs.map((run) => run.sentLeast)),
    sentMost: Math.max(...runs.map((run) => run.sentMost)),
    copies: median((run) => run.copies),
    deviation,
    fits: deviation === null ? null : Math.abs(deviation) <= TOLERANCE,
    runs,
  }
}

const least = ([, ...receivers]: readonly number[]): number =>
  receivers.reduce((found, one) => Math.min(found, one), Number.POSITIVE_INFINITY)
const most = ([, ...receivers]: readonly number[]): number =>
  receivers.reduce((found, one) => Math.max(found, one), 0)

const HEAD = [
  'SCENARIO',
  'P50',
  'P99',
  'LAST',
  'WORST',
  'AMPLIF.',
  'DUP %',
  'WRONG %',
  'MSG/CHUNK',
  'BY NODE',
  'SEEDER',
  'SENT F',
  'COPIES/SITE',
]
const CHECK_HEAD = ['PUBLISHED', 'DEVIATION', 'FITS']

const LEGEND = `p50, p99, last: time until that receiver had the file ÷ fluid bound, medians over seeds; worst: the last of the worst seed
amplification: bytes sent by the seeder ÷ file; dup: bytes that came twice; wrong: that were not what the manifest says; sent F: by receivers ÷ file, least and most
msg/chunk: control messages for each chunk delivered; by node: that one receiver sent for each chunk of the file, least and most; seeder: that it sent
copies/site: of the file that came into a site by the line between sites, on the average of those without the seeder`

/** For the terminal. */
export function renderTable(results: readonly SimResult[], check: boolean): string {
  const rows = results.map((result) => [...cells(result), ...(check ? checkCells(result) : [])])
  return [...columns([[...HEAD, ...(check ? CHECK_HEAD : [])], ...rows]), '', LEGEND].join('\n')
}

const cells = (result: SimResult): string[] => [
  result.scenario.name,
  ...[result.p50, result.p99, result.last, result.worst, result.amplification].map((part) => part.toFixed(3)),
  (100 * result.duplicates).toFixed(2),
  (100 * result.wrong).toFixed(2),
  result.messages.toFixed(1),
  `${result.messagesLeast.toFixed(1)}–${result.messagesMost.toFixed(1)}`,
  result.messagesSeeder.toFixed(1),
  `${result.sentLeast.toFixed(2)}–${result.sentMost.toFixed(2)}`,
  result.scenario.sites === undefined ? '–' : result.copies.toFixed(3),
]

function checkCells({ scenario: { published }, deviation, fits }: SimResult): string[] {
  if (published === undefined || deviation === null) return ['–', '–', '–']
  const percent = 100 * deviation
  return [published.toFixed(3), `${percent < 0 ? '' : '+'}${percent.toFixed(1)} %`, fits ? 'yes' : 'NO']
}
