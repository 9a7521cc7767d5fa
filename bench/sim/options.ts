// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatBytes } from '../../lab/src/units.ts'
import { size as bytes, duration, rate as lineRate, readArguments, UsageError, whole } from '../arguments.ts'
import { LARGE, type Line, type SimScenario, TABLE } from './scenarios.ts'

export interface SimOptions {
  readonly scenarios: readonly SimScenario[]
  readonly seeds: number
  readonly json: boolean
  readonly check: boolean
  /** Nothing is run: the rows are printed. */
  readonly list: boolean
}

export const HELP = `Usage: npm run bench -- sim [options]

The chunk policy that agents run, in a simulated swarm: lines shared max-min, no time but that of lines, messages and
checks of chunks. The same seeds give the same numbers.

  --scenario A,B       rows of the table: ${Object.keys(TABLE).join(', ')}
                       or all (without ${LARGE.join(', ')}: up to a quarter of an hour a run)
                       A 8 nodes, C 16, B thin seeder, H slow nodes, J late joiners, K dying nodes, D latency, L large,
                       S sites with thin lines, growth from 10 nodes to 10000
  --list               prints the rows and what they are
  --check              compares with the published numbers, and fails when a row is more than 2 % away

  --nodes N            without --scenario: receivers (default 8, at most 10000)
  --size SIZE          of the file (default 256MiB)
  --chunk SIZE         of a chunk (default 256KiB)
  --rate RATE          of every line, each way (default 100Mbit)
  --seeder-rate RATE   of the seeder's line (default: as the others)
  --max-peers N        of the profile: neighbours of a node (default 32)
  --latency DURATION   of a message, one way (default 0.2ms)
  --slow N             so many nodes have a tenth of the rate, and their own times do not count
  --lie N              so many nodes send nothing but wrong chunks, and their own times do not count
  --lines A,B,...      lines that receivers have in turn in place of --rate: a rate, or DOWN/UP
  --die N              so many nodes die on the way
  --late N             so many nodes come when half the time has passed

  --seeds N            runs, each with a seed of its own (default 5)
  --json               one JSON document instead of the table
  --help               print this`

const MAX_NODES = 10_000
const SLOWER = 10

/** @throws UsageError */
export function parseOptions(args: readonly string[]): SimOptions {
  const values = readArguments(args, OPTIONS)
  const { scenario, seeds, json, check, list } = values
  if (check && scenario === undefined) throw new UsageError('--check needs --scenario, e.g. --scenario all')
  return {
    scenarios: scenario === undefined ? [ownScenario(values)] : named(scenario),
    seeds: whole('--seeds', seeds, 1, 1000),
    json,
    check,
    list,
  }
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const OPTIONS = {
  scenario: text,
  nodes: { ...text, default: '8' },
  size: { ...text, default: '256MiB' },
  chunk: { ...text, default: '256KiB' },
  rate: { ...text, default: '100Mbit' },
  'seeder-rate': text,
  'max-peers': { ...text, default: '32' },
  latency: { ...text, default: '0.2ms' },
  slow: { ...text, default: '0' },
  lie: { ...text, default: '0' },
  lines: text,
  die: { ...text, default: '0' },
  late: { ...text, default: '0' },
  seeds: { ...text, default: '5' },
  json: flag,
  check: flag,
  list: flag,
} as const

function named(text: string): SimScenario[] {
  const letters =
    text === 'all' ? Object.keys(TABLE).filter((name) => !LARGE.includes(name)) : text.split(',')
  return letters.flatMap((letter) => {
    const rows = TABLE[letter]
    if (rows === undefined)
      throw new UsageError(`--scenario: "${letter}" is none of ${Object.keys(TABLE).join(', ')}`)
    return rows
  })
}

function ownScenario(values: ReturnType<typeof readArguments<typeof OPTIONS>>): SimScenario {
  const nodes = whole('--nodes', values.nodes, 1, MAX_NODES)
  const size = bytes('--size', values.size)
  const rate = lineRate('--rate', values.rate)
  const slow = whole('--slow', values.slow, 0, nodes - 1)
  return {
    name: `${nodes} × ${formatBytes(size)}`,
    nodes,
    size,
    chunk: bytes('--chunk', values.chunk),
    rate,
    seederRate: lineRate('--seeder-rate', values['seeder-rate'] ?? `${rate * 8}bit`),
    maxPeers: whole('--max-peers', values['max-peers'], 2, 1000),
    latencyMs: duration('--latency', values.latency),
    ...(slow === 0 ? {} : { slow: { count: slow, factor: SLOWER }, fastOnly: true }),
    lying: whole('--lie', values.lie, 0, nodes - 1),
    ...(values.lines === undefined ? {} : { lines: values.lines.split(',').map(readLine) }),
    dying: whole('--die', values.die, 0, nodes - 1),
    late: whole('--late', values.late, 0, nodes),
  }
}

/** A rate for both ways, or DOWN/UP. */
function readLine(text: string): Line {
  const [down = '', up = down] = text.split('/')
  return { down: lineRate('--lines', down), up: lineRate('--lines', up) }
}
