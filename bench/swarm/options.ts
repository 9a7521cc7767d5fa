// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { parseArgs } from 'node:util'
import { parseDuration, parseRate, parseSize, UnitError } from '../../lab/src/units.ts'
import type { Tuning } from './network.ts'
import type { Scenario } from './scenario.ts'

/** The command line is wrong; the message says what to write instead. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export interface Options {
  readonly scenario: Scenario
  readonly runs: number
  readonly systems: readonly string[]
  readonly json: boolean
  readonly svg: string | undefined
  /** Where the nodes' folders are; memory when left out. */
  readonly disk: string | undefined
  readonly table: 'swarm' | 'qualys'
  readonly timeoutMs: number
  readonly tuning: Tuning
}

/** Names that `--systems` takes besides paths of plug-ins. */
export const SYSTEMS = ['patchswarm', 'http', 'libtorrent', 'aria2', 'helia'] as const
/** Not helia: it has to be asked for, because it may take a hundred times as long as all the others. */
const DEFAULT_SYSTEMS = 'patchswarm,http,libtorrent,aria2'
const MAX_NODES = 64

export const HELP = `Usage: npm run bench -- swarm [options]

One file from one source to N receivers, each in a network namespace of its own behind a link shaped both ways, by one
system after the other. Every delivered file is hashed. Needs root (the machine itself gets no address and no rule).

  --nodes N            receivers, 1 to ${MAX_NODES} (default 8)
  --size SIZE          of the file, random bytes (default 256MiB)
  --link-rate RATE     of every link, each way, e.g. 100Mbit (default), or none: no shaping
  --origin-rate RATE   the file lies at an HTTP origin behind a link of this rate, and nothing is prepared;
                       without it a seed has the file. Systems that read no origin have their seed there, prepared
  --runs N             runs of each system; medians count (default 1)
  --systems A,B        of ${SYSTEMS.join(', ')}, or the path of
                       a plug-in: a module whose default export is a System (bench/swarm/system.ts)
                       (default ${DEFAULT_SYSTEMS})
  --timeout DURATION   gives up on a run after this time (default: 20 times the fluid bound + 60 s)
  --json               one JSON document instead of the table
  --svg FILE           draws how many nodes were complete at which time
  --disk DIR           puts the nodes' folders there instead of into memory
  --congestion NAME    TCP's congestion control on every node (default cubic, whatever the machine has)
  --sysctl NAME=VALUE  another setting of the kernel on every node, may be repeated
  --table qualys       prints another table: one CDN download, one peer, several peers
  --help               print this

Variables PATCHSWARM_… of the environment, such as PATCHSWARM_MDNS=false, are handed on to agents and seeder.`

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const values = readArguments(args)
  if (values.help) return 'help'
  const { table } = values
  if (table !== 'swarm' && table !== 'qualys') throw new UsageError('--table takes qualys')
  const linkRate = values['link-rate'] === 'none' ? undefined : rate('--link-rate', values['link-rate'])
  const origin = values['origin-rate']
  const size = values.size ?? (table === 'qualys' ? '64MiB' : '256MiB')
  return {
    scenario: {
      nodes: whole('--nodes', values.nodes, MAX_NODES),
      size: read('--size', parseSize, size),
      linkRate,
      originRate: origin === undefined ? undefined : rate('--origin-rate', origin),
    },
    runs: whole('--runs', values.runs, 100),
    systems: systems(values.systems),
    json: values.json,
    svg: values.svg,
    disk: values.disk,
    table,
    tuning: { congestion: values.congestion, sysctls: values.sysctl.map(setting) },
    timeoutMs: values.timeout === undefined ? 0 : read('--timeout', parseDuration, values.timeout),
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '8' },
        size: { type: 'string' },
        'link-rate': { type: 'string', default: '100Mbit' },
        'origin-rate': { type: 'string' },
        runs: { type: 'string', default: '1' },
        systems: { type: 'string', default: DEFAULT_SYSTEMS },
        timeout: { type: 'string' },
        congestion: { type: 'string', default: 'cubic' },
        sysctl: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        svg: { type: 'string' },
        disk: { type: 'string' },
        table: { type: 'string', default: 'swarm' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

function systems(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '')
  const unknown = names.find((name) => !name.includes('/') && !SYSTEMS.some((known) => known === name))
  if (unknown !== undefined) {
    throw new UsageError(
      `--systems: "${unknown}" is none of ${SYSTEMS.join(', ')}, nor a path like ./mine.ts`,
    )
  }
  if (names.length === 0) throw new UsageError('--systems names no system')
  return names
}

function setting(text: string): string {
  if (!/^[a-z0-9_.]+=\S+$/.test(text)) throw new UsageError(`--sysctl takes name=value, not "${text}"`)
  return text
}

function whole(option: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new UsageError(`${option} takes a whole number from 1 to ${most}, not "${text}"`)
  }
  return value
}

const rate = (option: string, text: string): number => read(option, parseRate, text)

function read(option: string, parse: (text: string) => number, text: string): number {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UnitError) throw new UsageError(`${option}: ${error.message}`, { cause: error })
    throw error
  }
}
