// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Benchmark } from '../benchmark.ts'
import { writeRandom } from '../random-file.ts'
import { compare } from './compare.ts'
import { inNamespaces } from './isolated.ts'
import { losses } from './losses.ts'
import { createNetwork } from './network.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { plot } from './plot.ts'
import { renderTable } from './table.ts'

/** `npm run bench -- swarm`: one file to many nodes over shaped links, by several systems in one run. */
export const swarm: Benchmark = {
  about: 'one file to many nodes over shaped links, beside other systems in the same run',
  help: HELP,
  async run(args) {
    const options = parseOptions(args)
    await inNamespaces(options.disk, (directory) => runHere(options, directory))
  },
}

async function runHere(options: Options, directory: string): Promise<void> {
  const network = await createNetwork(directory, options.tuning)
  const file = join(directory, 'input')
  const input = { network, file, sha256: await writeRandom(file, options.scenario.size) }
  const result = await compare(options, input)
  const goals = losses(result, options.companies)
  if (options.svg !== undefined) await writeFile(options.svg, plot(result))
  console.log(options.json ? JSON.stringify({ ...result, goals }, undefined, 2) : renderTable(result, goals))
}
