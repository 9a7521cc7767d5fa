// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, formatRate } from '../../lab/src/units.ts'
import { UsageError } from '../arguments.ts'
import { columns } from '../columns.ts'
import { type Input, time, verify } from './measure.ts'
import type { Options } from './options.ts'
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

/** One node gets a file from the CDN, from one peer and from several: the table that Qualys published, on shaped links. */
export async function qualysTable({ scenario: { size }, timeoutMs }: Options, input: Input): Promise<string> {
  const missing = await http.missing()
  if (missing !== undefined) throw new UsageError(`the CDN of this table is nginx: ${missing}`)
  const limit = timeoutMs || 60_000 + (3000 * size) / CDN_RATE
  const get = (system: System, up: number, holders: number) =>
    fetchOnce(system, size, up, holders, input, limit)
  const times: Times = {
    cdn: await get(http, CDN_RATE, 0),
    onePeer: await get(patchswarm, PEER_RATE, 0),
    severalPeers: await get(patchswarm, PEER_RATE, PEERS - 1),
  }
  const rates = `CDN ${formatRate(CDN_RATE)}, a peer's uplink ${formatRate(PEER_RATE)}, the node's downlink ${formatRate(DOWN_RATE)}`
  return [`One node gets ${formatBytes(size)}: ${rates}`, '', ...renderTimes(times)].join('\n')
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
