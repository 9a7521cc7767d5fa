// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Chunking, ChunkStrategy } from '@patchswarm/swarm/manifest'
import { readArguments, size, whole } from '../arguments.ts'
import type { Benchmark } from '../benchmark.ts'
import { cuttingSpeed } from './cutting.ts'
import type { Moved, Upgrade } from './upgrade.ts'

const HELP = `Usage: npm run bench -- versions [options]

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
export const versions: Benchmark = {
  about: 'what of a second version moves to nodes that have the first one',
  help: HELP,
  async run(args) {
    const { scenario, chunk, json } = parseOptions(args)
    // Here and not for all benchmarks: @libp2p/tls sets what others make certificates with.
    const { upgrade } = await import('./upgrade.ts')
    const rows: Row[] = []
    for (const strategy of ['Fixed', 'ContentDefined'] as const) {
      const chunking: Chunking = { strategy, size: chunk }
      const moved = await upgrade(scenario, chunking)
      rows.push({ strategy, ...moved, cutMegabytesPerSecond: cuttingSpeed(chunking) })
    }
    console.log(json ? JSON.stringify({ benchmark: 'versions', ...scenario, rows }) : table(scenario, rows))
  },
}

function parseOptions(args: readonly string[]): { scenario: Upgrade; chunk: number; json: boolean } {
  const values = readArguments(args, {
    size: { type: 'string', default: '256MiB' },
    insert: { type: 'string', default: '5' },
    agents: { type: 'string', default: '2' },
    chunk: { type: 'string', default: '256KiB' },
    json: { type: 'boolean', default: false },
  })
  const bytes = size('--size', values.size)
  return {
    scenario: {
      size: bytes,
      inserted: Math.round((bytes * whole('--insert', values.insert, 0, 100)) / 100),
      agents: whole('--agents', values.agents, 1, 64),
    },
    chunk: size('--chunk', values.chunk),
    json: values.json,
  }
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
