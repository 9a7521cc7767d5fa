// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { UsageError } from './arguments.ts'
import type { Benchmark } from './benchmark.ts'
import { control } from './control/index.ts'
import { limits } from './limits/index.ts'
import { memory } from './memory.ts'
import { oneToOne } from './one-to-one.ts'
import { sim } from './sim/index.ts'
import { swarm } from './swarm/index.ts'
import { MeasurementError } from './swarm/measure.ts'
import { ProgramError } from './swarm/program.ts'
import { qualys } from './swarm/qualys.ts'
import { versions } from './versions/index.ts'

/** Entry of `npm run bench -- NAME [options]`. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  'one-to-one': oneToOne,
  swarm,
  qualys,
  limits,
  versions,
  memory,
  sim,
  control,
}

const WRONG_OPTIONS = 2

function help(): string {
  const rows = Object.entries(benchmarks).map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`)
  return `Usage: npm run bench -- [NAME] [options]\n\nWithout a name: one-to-one.\n\n${rows.join('\n')}\n\nNAME --help shows the options of one.`
}

const asksForHelp = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h')

async function main(args: readonly string[]): Promise<void> {
  const [first] = args
  const isNamed = first !== undefined && !first.startsWith('-')
  if (!isNamed && asksForHelp(args)) return console.log(help())
  const [name, ...options] = isNamed ? args : ['one-to-one', ...args]
  const benchmark = benchmarks[name ?? '']
  if (benchmark === undefined) throw new UsageError(`There is no benchmark "${name}".\n\n${help()}`)
  if (asksForHelp(options)) return console.log(benchmark.help)
  await benchmark.run(options)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const isExpected = [UsageError, ProgramError, MeasurementError].some((known) => error instanceof known)
  if (!isExpected) throw error
  console.error((error as Error).message)
  process.exitCode = error instanceof UsageError ? WRONG_OPTIONS : 1
}
