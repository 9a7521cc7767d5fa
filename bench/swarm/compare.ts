// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../arguments.ts'
import type { Company } from './beside.ts'
import { type Input, measure } from './measure.ts'
import type { Options } from './options.ts'
import { type BenchResult, type Run, summarise } from './result.ts'
import type { System } from './system.ts'

type Plan = Pick<Options, 'runs' | 'systems' | 'scenario' | 'companies' | 'timeoutMs'>

/** The systems take turns, so that what else the machine does meets all of them. */
export async function compare(plan: Plan, input: Input): Promise<BenchResult> {
  const { runs, systems, scenario, companies } = plan
  const measured: Record<string, Run[]> = {}
  const present = await presentSystems(systems)
  for (let run = 1; run <= runs; run++) {
    for (const system of present) {
      for (const company of companies) {
        const name = `${system.name}${company.name}`
        console.error(`${name}, run ${run} of ${runs} …`)
        const one = await measureOne(system, company, plan, input)
        if (one !== undefined) measured[name] = [...(measured[name] ?? []), one]
      }
    }
  }
  return summarise(scenario, measured)
}

/** One that fails must not take the others' numbers along. */
async function measureOne(
  system: System,
  { name, manners }: Company,
  { scenario, timeoutMs }: Plan,
  input: Input,
): Promise<Run | undefined> {
  try {
    const run = await measure(system, scenario, input, timeoutMs, manners)
    const last = Math.max(...run.nodeSeconds).toFixed(2)
    const others = run.cpuSeconds.others.toFixed(1)
    const wrong = run.wrongChunks === undefined ? '' : `; ${run.wrongChunks} wrong chunks came`
    console.error(`last node after ${last} s${wrong}; others used ${others} CPU s meanwhile`)
    return run
  } catch (error) {
    console.error(`${system.name}${name} failed: ${(error as Error).message}`)
    process.exitCode = 1
    return undefined
  }
}

async function presentSystems(names: readonly string[]): Promise<System[]> {
  const present: System[] = []
  for (const name of names) {
    const system = await loadSystem(name)
    const missing = await system.missing()
    if (missing === undefined) present.push(system)
    else console.error(`${system.name} is left out: ${missing}`)
  }
  return present
}

const known: Readonly<Record<string, () => Promise<{ default?: System }>>> = {
  patchswarm: () => import('./systems/patchswarm.ts'),
  http: () => import('./systems/http.ts'),
  libtorrent: () => import('./systems/libtorrent.ts'),
  aria2: () => import('./systems/aria2.ts'),
  helia: () => import('./systems/helia.ts'),
  push: () => import('./systems/push.ts'),
}

async function loadSystem(name: string): Promise<System> {
  const load = known[name] ?? (() => import(pathToFileURL(resolve(name)).href))
  const { default: system } = await load()
  if (system === undefined) throw new UsageError(`${name} has no default export that is a System`)
  return system
}
