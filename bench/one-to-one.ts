// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { join } from 'node:path'
import { readArguments, size, whole } from './arguments.ts'
import type { Benchmark } from './benchmark.ts'
import { atLeast, atMost, type Goal } from './goals.ts'
import { writeRandom } from './random-file.ts'
import { companies } from './swarm/beside.ts'
import { compare } from './swarm/compare.ts'
import { inNamespaces } from './swarm/isolated.ts'
import { createNetwork } from './swarm/network.ts'
import type { BenchResult, SystemResult } from './swarm/result.ts'
import { renderTable } from './swarm/table.ts'

const HELP = `Usage: npm run bench -- one-to-one [options]

One seed and one receiver, as fast as this machine lets them: a new file on a link without a rate, by patchswarm, Helia's
bitswap, libtorrent and aria2 in turns, each with its programs as its users run them. Ends with how patchswarm stands
to the others. Needs root, as the swarm bench does.

  --size SIZE       of the file, random bytes (default 1GiB)
  --runs N          runs of each; medians count (default 3)
  --disk DIR        puts the nodes' folders there instead of into memory (about five times the size)
  --json            one JSON document instead of the table`

const SYSTEMS = ['patchswarm', 'helia', 'libtorrent', 'aria2']

/** `npm run bench -- one-to-one` */
export const oneToOne: Benchmark = {
  about: 'one seed to one receiver at full speed, beside Helia, libtorrent and aria2 in the same run',
  help: HELP,
  async run(args) {
    const values = readArguments(args, {
      size: { type: 'string', default: '1GiB' },
      runs: { type: 'string', default: '3' },
      disk: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    const bytes = size('--size', values.size)
    const runs = whole('--runs', values.runs, 1, 100)
    await inNamespaces(values.disk, async (directory) => {
      const result = await measure(directory, bytes, runs)
      const goals = goalsOf(result)
      console.log(
        values.json ? JSON.stringify({ ...result, goals }, undefined, 2) : renderTable(result, goals),
      )
    })
  },
}

async function measure(directory: string, size: number, runs: number): Promise<BenchResult> {
  const network = await createNetwork(directory, { congestion: 'cubic', sysctls: [] })
  const file = join(directory, 'input')
  const input = { network, file, sha256: await writeRandom(file, size) }
  const scenario = { nodes: 1, size, linkRate: undefined, originRate: undefined }
  const plan = { runs, systems: SYSTEMS, scenario, companies: companies(0, 0), timeoutMs: 0 }
  return await compare(plan, input)
}

/** How patchswarm should stand to the others; systems that are not there are no goal. */
export function goalsOf({ systems }: BenchResult): Goal[] {
  const { patchswarm: ours, helia, libtorrent, aria2 } = systems
  if (ours === undefined) return []
  const faster = (name: string, theirs: SystemResult | undefined, times: number): Goal[] =>
    theirs === undefined
      ? []
      : [atLeast(`times as fast as ${name}`, theirs.makespanSeconds / ours.makespanSeconds, times)]
  return [
    ...faster('helia', helia, 4),
    ...faster('libtorrent', libtorrent, 1),
    ...faster('aria2', aria2, 1),
    ...(libtorrent === undefined
      ? []
      : [atMost("libtorrent's CPU seconds per GB, both ends", bothEnds(ours) / bothEnds(libtorrent), 0.8)]),
  ]
}

const bothEnds = ({ cpuSecondsPerGB: { receivers, seed } }: SystemResult): number => receivers + seed
