// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Benchmark } from '../benchmark.ts'
import { renderList } from './list.ts'
import { HELP, parseOptions, type SimOptions } from './options.ts'
import { renderTable, type SimResult, summarise } from './result.ts'
import type { SimScenario } from './scenarios.ts'
import { type Report, simulate } from './simulate.ts'

/** `npm run bench -- sim`: the chunk policy in a simulated swarm of up to 10,000 nodes. */
export const sim: Benchmark = {
  about: 'the chunk policy alone, in a simulated swarm of up to 10,000 nodes',
  help: HELP,
  run: async (args) => {
    const options = parseOptions(args)
    if (options.list) console.log(renderList())
    else run(options)
  },
}

function run({ scenarios, seeds, json, check }: SimOptions): void {
  const results = scenarios.map((scenario) => simulateAll(scenario, seeds))
  console.log(json ? JSON.stringify({ results }, undefined, 2) : renderTable(results, check))
  if (check && results.some(({ fits }) => fits === false)) process.exitCode = 1
}

function simulateAll(scenario: SimScenario, seeds: number): SimResult {
  const started = performance.now()
  const runs = Array.from({ length: seeds }, (_, at) => simulate(scenario, at + 1, reporting(scenario.name)))
  const seconds = (performance.now() - started) / 1000
  console.error(`${scenario.name}: ${seeds} run${seeds === 1 ? '' : 's'} in ${seconds.toFixed(1)} s`)
  return summarise(scenario, runs)
}

/** What takes minutes says now and then how far it is. */
const reporting =
  (name: string): Report =>
  (part, awaited) =>
    console.error(`${name}: ${part.toFixed(2)} of the bound, ${awaited} nodes to go`)
