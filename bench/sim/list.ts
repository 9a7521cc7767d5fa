// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatBytes } from '../../lab/src/units.ts'
import { columns } from '../columns.ts'
import { type SimScenario, TABLE } from './scenarios.ts'

/** What `--scenario` knows, row by row. */
export function renderList(): string {
  const rows = Object.entries(TABLE).flatMap(([name, scenarios]) =>
    scenarios.map((scenario) => [name, ...describe(scenario)]),
  )
  return columns([['SCENARIO', 'ROW', 'NODES', 'FILE', 'CHUNK', 'MBIT/S', 'PUBLISHED'], ...rows]).join('\n')
}

const describe = (scenario: SimScenario): string[] => [
  scenario.name,
  String(scenario.nodes),
  formatBytes(scenario.size),
  formatBytes(scenario.chunk),
  scenario.lines === undefined
    ? megabits(scenario.rate)
    : scenario.lines.map(({ up, down }) => [...new Set([down, up])].map(megabits).join('/')).join(', '),
  scenario.published?.toFixed(3) ?? '–',
]

const megabits = (rate: number): string => String(Math.round(rate / 125_000))
