// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { duration, rate, readArguments, size, UsageError, whole } from '../arguments.ts'
import { type Company, companies } from './beside.ts'
import type { Tuning } from './network.ts'
import type { Scenario } from './scenario.ts'

export interface Options {
  readonly scenario: Scenario
  readonly runs: number
  readonly systems: readonly string[]
  /** How the receivers beside those that count are; each is measured. */
  readonly companies: readonly Company[]
  readonly json: boolean
  readonly svg: string | undefined
  /** Where the nodes' folders are; memory when left out. */
  readonly disk: string | undefined
  readonly timeoutMs: number
  readonly tuning: Tuning
}

/** Names that `--systems` takes besides paths of plug-ins. */
export const SYSTEMS = ['patchswarm', 'http', 'libtorrent', 'aria2', 'helia', 'push'] as const
/** Not helia, which may take a hundred times as long as all the others, nor push, which is no system: they have to be asked for. */
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
                       a plug-in: a module whose default export is a System (bench/swarm/system.ts); push is what
                       Node takes at least: chunks over TLS, hashed and written, and not a word between
                       (default ${DEFAULT_SYSTEMS})
  --slow N             so many of the receivers have a tenth of the rate
  --liars N            so many of the receivers send garbage in place of every chunk (patchswarm only)
                       each of the two is measured beside a run without it, and what the others lose is printed: the
                       numbers are of those that are neither slow nor lying in any of the runs
  --timeout DURATION   gives up on a run after this time (default: 20 times the fluid bound + 60 s)
  --json               one JSON document instead of the table
  --svg FILE           draws how many nodes were complete at which time
  --disk DIR           puts the nodes' folders there instead of into memory
  --congestion NAME    TCP's congestion control on every node (default cubic, whatever the machine has)
  --sysctl NAME=VALUE  another setting of the kernel on every node, may be repeated
  --help               print this

Variables PATCHSWARM_… of the environment, such as PATCHSWARM_MDNS=false, are handed on to agents and seeder.`

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args, {
    nodes: { type: 'string', default: '8' },
    size: { type: 'string', default: '256MiB' },
    'link-rate': { type: 'string', default: '100Mbit' },
    'origin-rate': { type: 'string' },
    runs: { type: 'string', default: '1' },
    slow: { type: 'string', default: '0' },
    liars: { type: 'string', default: '0' },
    systems: { type: 'string', default: DEFAULT_SYSTEMS },
    timeout: { type: 'string' },
    congestion: { type: 'string', default: 'cubic' },
    sysctl: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    svg: { type: 'string' },
    disk: { type: 'string' },
  })
  const { timeout, 'origin-rate': origin, 'link-rate': link } = values
  const nodes = whole('--nodes', values.nodes, 1, MAX_NODES)
  const slow = whole('--slow', values.slow, 0, nodes - 1)
  if (slow > 0 && link === 'none') throw new UsageError('--slow needs links with a --link-rate')
  const liars = whole('--liars', values.liars, 0, nodes - 1)
  const beside = Math.max(slow, liars)
  return {
    scenario: {
      nodes: nodes - beside,
      ...(beside > 0 && { beside }),
      size: size('--size', values.size),
      linkRate: link === 'none' ? undefined : rate('--link-rate', link),
      originRate: origin === undefined ? undefined : rate('--origin-rate', origin),
    },
    runs: whole('--runs', values.runs, 1, 100),
    systems: systems(values.systems),
    companies: companies(slow, liars),
    json: values.json,
    svg: values.svg,
    disk: values.disk,
    tuning: { congestion: values.congestion, sysctls: values.sysctl.map(setting) },
    timeoutMs: timeout === undefined ? 0 : duration('--timeout', timeout),
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
