// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { parseArgs } from 'node:util'
import type { Chunking, ChunkStrategy } from '@patchswarm/swarm/manifest'
import { parseSize } from '../../lab/src/units.ts'
import { cuttingSpeed } from './cutting.ts'
import { type Moved, type Upgrade, upgrade } from './upgrade.ts'

const usage = `Usage: npm run bench -- versions [options]

A second version of a file, with bytes inserted in the middle, comes to agents that have the first one: a seeder and agents
over loopback in one process, TLS on, every chunk verified, the whole hashed at the end. Both ways to cut, side by side.

  --size SIZE       of the first version: 256MiB (default), 1GiB, …
  --insert PERCENT  how much is inserted (default 5)
  --agents N        default 2
  --chunk SIZE      of a chunk, or what it has on average (default 256KiB)
  --json            one JSON document instead of the table`

interface Row extends Moved {
  readonly strategy: ChunkStrategy
  readonly cutMegabytesPerSecond: number
}

/** `npm run bench -- versions`: what of a second version moves. */
export async function versions(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: '256MiB' },
      insert: { type: 'string', default: '5' },
      agents: { type: 'string', default: '2' },
      chunk: { type: 'string', default: '256KiB' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const size = parseSize(values.size)
  const inserted = Math.round((size * Number(values.insert)) / 100)
  const scenario: Upgrade = { size, inserted, agents: Number(values.agents) }
  const rows: Row[] = []
  for (const strategy of ['Fixed', 'ContentDefined'] as const) {
    const chunking: Chunking = { strategy, size: parseSize(values.chunk) }
    const moved = await upgrade(scenario, chunking)
    rows.push({ strategy, ...moved, cutMegabytesPerSecond: cuttingSpeed(chunking) })
  }
  console.log(
    values.json ? JSON.stringify({ benchmark: 'versions', ...scenario, rows }) : table(scenario, rows),
  )
}

function table({ size, inserted, agents }: Upgrade, rows: readonly Row[]): string {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  const head = ['', 'chunks', 'origin MiB', 'peers MiB', 'cache MiB', 'moved %', 'seconds', 'cut MB/s']
  const lines = rows.map((row) => [
    row.strategy,
    String(row.chunks),
    mebibytes(row.originBytes),
    mebibytes(row.peerBytes),
    mebibytes(row.cacheBytes),
    ((100 * row.peerBytes) / row.size).toFixed(1),
    row.seconds.toFixed(2),
    // Nothing is looked at to cut at fixed places.
    row.strategy === 'Fixed' ? '–' : row.cutMegabytesPerSecond.toFixed(0),
  ])
  const cells = (row: readonly string[]) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(16) : cell.padStart(12))).join('')
  return [
    `second version of ${mebibytes(size)} MiB, ${mebibytes(inserted)} MiB inserted in the middle; peers and cache of each of ${agents} agents`,
    ...[head, ...lines].map(cells),
    'the seeder reads the whole of it from the origin either way',
  ].join('\n')
}
