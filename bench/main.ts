// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { limits } from './limits/index.ts'
import { memory } from './memory.ts'
import { oneToOne } from './one-to-one.ts'
import { sim } from './sim/index.ts'
import { swarm } from './swarm/index.ts'
import { versions } from './versions/index.ts'

/** Entry of `npm run bench -- NAME [options]`. A benchmark prints for people, or one JSON document with --json. */
const benchmarks: Readonly<Record<string, { about: string; run(args: string[]): Promise<void> }>> = {
  'one-to-one': { about: 'one seeder to one receiver, beside Helia bitswap in the same run', run: oneToOne },
  swarm: {
    about: 'one file to many nodes over shaped links, beside other systems in the same run',
    run: swarm,
  },
  limits: {
    about: 'how well limits are kept, how fast changed, and how background traffic yields',
    run: limits,
  },
  versions: { about: 'what of a second version moves to nodes that have the first one', run: versions },
  memory: { about: 'what a seeder and an agent take of memory, at rest and at full speed', run: memory },
  sim: { about: 'the chunk policy alone, in a simulated swarm of up to 10,000 nodes', run: sim },
}

function help(): string {
  const rows = Object.entries(benchmarks).map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`)
  return `Usage: npm run bench -- [NAME] [options]\n\nWithout a name: one-to-one, the shortest.\n\n${rows.join('\n')}\n\nNAME --help shows the options of one.`
}

async function main(args: string[]): Promise<void> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h') {
    console.log(help())
    return
  }
  const named = name !== undefined && !name.startsWith('-')
  const benchmark = benchmarks[named ? name : 'one-to-one']
  if (benchmark === undefined) {
    console.error(`There is no benchmark "${name}".\n\n${help()}`)
    process.exitCode = 2
    return
  }
  await benchmark.run(named ? rest : args)
}

await main(process.argv.slice(2))
