// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, formatRate } from '../../lab/src/units.ts'
import { readArguments, size, UsageError, whole } from '../arguments.ts'
import type { Benchmark } from '../benchmark.ts'
import { columns } from '../columns.ts'
import { atLeast, type Goal, renderGoals } from '../goals.ts'
import { writeRandom } from '../random-file.ts'
import { inNamespaces } from './isolated.ts'
import { type Input, time, verify } from './measure.ts'
import { createNetwork } from './network.ts'
import { median } from './result.ts'
import type { System } from './system.ts'
import http from './systems/http.ts'
import patchswarm from './systems/patchswarm.ts'

const mbit = (rate: number): number => (rate * 1e6) / 8
/** What 8 GB in 1 h 31 m 38 s from the CDN and in 8 m 57 s from one peer come to, rounded. */
const CDN_RATE = mbit(12)
const PEER_RATE = mbit(125)
/** Of the node that is measured: no limit for any of the three. */
const DOWN_RATE = mbit(1000)
const PEERS = 4

/** Published by Qualys for 8 GB: seconds. */
const PUBLISHED = { cdn: 5498, onePeer: 537, severalPeers: 213 }

export interface Times {
  readonly cdn: number
  readonly onePeer: number
  readonly severalPeers: number
}

const HELP = `Usage: npm run bench -- qualys [options]

The table that Qualys published for its product, on shaped links: one node gets a file from a CDN (nginx), from one peer and
from ${PEERS} peers, all behind uplinks as Qualys' figures give them. Ends with whether peers are as many times faster than the
CDN as published. The CDN takes 0.7 s for each MiB. Needs root, as the swarm bench does.

  --size SIZE       of the file, random bytes (default 256MiB; what a start takes counts the more the smaller it is)
  --runs N          runs of each; medians count (default 1)
  --json            one JSON document instead of the table`

/** `npm run bench -- qualys`: one node gets a file from the CDN, from one peer and from several. */
export const qualys: Benchmark = {
  about: "Qualys' own table on shaped links: one CDN download, one peer, several peers",
  help: HELP,
  async run(args) {
    const values = readArguments(args, {
      size: { type: 'string', default: '256MiB' },
      runs: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    })
    const bytes = size('--size', values.size)
    const runs = whole('--runs', values.runs, 1, 100)
    await inNamespaces(undefined, async (directory) => {
      const network = await createNetwork(directory, { congestion: 'cubic', sysctls: [] })
      const file = join(directory, 'input')
      const input = { network, file, sha256: await writeRandom(file, bytes) }
      const times = await measureAll(bytes, runs, input)
      const goals = goalsOf(times)
      const result = { benchmark: 'qualys', size: bytes, runs, times, published: PUBLISHED, goals }
      console.log(values.json ? JSON.stringify(result, undefined, 2) : render(bytes, times, goals))
    })
  },
}

async function measureAll(size: number, runs: number, input: Input): Promise<Times> {
  const missing = await http.missing()
  if (missing !== undefined) throw new UsageError(`the CDN of this table is nginx: ${missing}`)
  const limit = 60_000 + (3000 * size) / CDN_RATE
  const all: Times[] = []
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs} …`)
    const get = (system: System, up: number, holders: number) =>
      fetchOnce(system, size, up, holders, input, limit)
    all.push({
      cdn: await get(http, CDN_RATE, 0),
      onePeer: await get(patchswarm, PEER_RATE, 0),
      severalPeers: await get(patchswarm, PEER_RATE, PEERS - 1),
    })
  }
  const middle = (key: keyof Times) => median(all.map((times) => times[key]))
  return { cdn: middle('cdn'), onePeer: middle('onePeer'), severalPeers: middle('severalPeers') }
}

function render(size: number, times: Times, goals: readonly Goal[]): string {
  const rates = `CDN ${formatRate(CDN_RATE)}, a peer's uplink ${formatRate(PEER_RATE)}, the node's downlink ${formatRate(DOWN_RATE)}`
  const head = `One node gets ${formatBytes(size)}: ${rates}`
  return [head, '', ...renderTimes(times), ...renderGoals(goals)].join('\n')
}

/** Peers are as many times faster than the CDN as Qualys says of its own. */
export function goalsOf(times: Times): Goal[] {
  const faster = (of: Times, key: keyof Times) => of.cdn / of[key]
  const show = (ratio: number) => `${ratio.toFixed(1)}×`
  return [
    atLeast('one peer is faster than the CDN', faster(times, 'onePeer'), faster(PUBLISHED, 'onePeer'), show),
    atLeast(
      'several peers are faster than the CDN',
      faster(times, 'severalPeers'),
      faster(PUBLISHED, 'severalPeers'),
      show,
    ),
  ]
}

/** The table itself, beside the published one. */
export function renderTimes(times: Times): string[] {
  const row = (name: string, key: keyof Times) => [
    name,
    times[key].toFixed(2),
    `${(times.cdn / times[key]).toFixed(1)}×`,
    `${PUBLISHED[key]}`,
    `${(PUBLISHED.cdn / PUBLISHED[key]).toFixed(1)}×`,
  ]
  return columns([
    ['FROM', 'SECONDS', 'FASTER', 'QUALYS 8 GB', 'FASTER'],
    row('one CDN download', 'cdn'),
    row('one peer', 'onePeer'),
    row(`several peers (${PEERS})`, 'severalPeers'),
  ])
}

/** @returns seconds until a node has the file, when the source and so many other nodes have it already */
async function fetchOnce(
  system: System,
  size: number,
  up: number,
  holders: number,
  { network, file: input, sha256 }: Input,
  timeoutMs: number,
): Promise<number> {
  const place = await network.place('source', { up, down: up })
  const file = join(place.folder, 'file.bin')
  await link(input, file)
  const started = await system.start({ place, file, size, sha256, atOrigin: false, network, linkRate: up })
  try {
    for (let i = 1; i <= holders; i++) {
      const holder = await started.join(await network.place(`peer${i}`, { up, down: DOWN_RATE }))
      await time([holder], timeoutMs)
    }
    const receiver = await started.join(await network.place('node', { up, down: DOWN_RATE }))
    await started.ready?.()
    const [seconds = Number.NaN] = await time([receiver], timeoutMs)
    await verify(receiver, sha256)
    return seconds
  } finally {
    await started.stop()
    await network.clear()
  }
}
