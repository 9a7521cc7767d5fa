// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { duration, readArguments, whole } from '../arguments.ts'

export interface ControlOptions {
  readonly nodes: number
  /** Processes that the agents share. */
  readonly processes: number
  /** How long the agents are watched that have nothing to do. */
  readonly restMs: number
  /** How long a node is at work on its file. */
  readonly transferMs: number
  readonly json: boolean
}

export const HELP = `Usage: npm run bench -- control [options]

What the operator takes for many nodes: a real etcd and kube-apiserver, the operator's own program, and agents that say
to it what agents say, each with its own key, Pod, token and connection. Their transfers move no bytes.
Four phases are measured: all connect, all rest, one job goes to every node, and all rest again.

  --nodes N            from 1 to 5000 (default 500)
  --processes N        that the agents share (default 2)
  --rest DURATION      how long connected agents without work are watched (default 20s)
  --transfer DURATION  how long each node is at work, and says how far it is (default: no time)
  --json               one JSON document instead of the table
  --help               print this

CPU is the operator's alone, in parts of one core. The delay of its event loop is what its metric
nodejs_eventloop_lag_* says, which is never below 10 ms. Everything shares this machine: on a larger one the times are
shorter, and what is counted (writes, bytes, announces) stays.`

const LONGEST_MS = 3_600_000

/** @throws UsageError */
export function parseOptions(args: readonly string[]): ControlOptions {
  const { nodes, processes, rest, transfer, json } = readArguments(args, {
    nodes: { type: 'string', default: '500' },
    processes: { type: 'string', default: '2' },
    rest: { type: 'string', default: '20s' },
    transfer: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  return {
    nodes: whole('--nodes', nodes, 1, 5000),
    processes: whole('--processes', processes, 1, 64),
    restMs: Math.min(LONGEST_MS, duration('--rest', rest)),
    transferMs: transfer === undefined ? 0 : Math.min(LONGEST_MS, duration('--transfer', transfer)),
    json,
  }
}
