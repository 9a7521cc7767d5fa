// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomFillSync } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { insideDirectory, requireNamespaces, runIsolated, settleInside } from './isolated.ts'
import { type Input, MeasurementError, measure, sha256Of } from './measure.ts'
import { createNetwork } from './network.ts'
import { HELP, type Options, parseOptions, UsageError } from './options.ts'
import { plot } from './plot.ts'
import { ProgramError } from './program.ts'
import { qualysTable } from './qualys.ts'
import { type Run, summarise } from './result.ts'
import type { System } from './system.ts'
import { renderTable } from './table.ts'

/** `npm run bench -- swarm`: one file to many nodes over shaped links, by several systems in one run. */
export async function swarm(args: string[]): Promise<void> {
  try {
    const options = parseOptions(args)
    if (options === 'help') return console.log(HELP)
    const directory = insideDirectory()
    if (directory === undefined) {
      requireNamespaces()
      process.exitCode = await runIsolated(options.disk)
      return
    }
    // The first process of a namespace is ended by no signal that it does not ask for.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
    await inside(options, directory)
  } catch (error) {
    const [expected] = [UsageError, ProgramError, MeasurementError].filter((known) => error instanceof known)
    if (expected === undefined) throw error
    console.error((error as Error).message)
    process.exitCode = expected === UsageError ? 2 : 1
  }
}

async function inside(options: Options, directory: string): Promise<void> {
  await settleInside(directory, options.disk)
  const network = await createNetwork(directory, options.tuning)
  const file = join(directory, 'input')
  await writeRandom(file, options.scenario.size)
  const input = { network, file, sha256: await sha256Of(file) }
  if (options.table === 'qualys') return console.log(await qualysTable(options, input))
  const result = summarise(options.scenario, await runAll(options, input))
  if (options.svg !== undefined) await writeFile(options.svg, plot(result))
  console.log(options.json ? JSON.stringify(result, undefined, 2) : renderTable(result))
}

/** The systems take turns, so that what else the machine does meets all of them. */
async function runAll({ runs, systems, scenario, timeoutMs }: Options, input: Input) {
  const results: Record<string, Run[]> = {}
  const present = await presentSystems(systems)
  for (let run = 1; run <= runs; run++) {
    for (const system of present) {
      console.error(`${system.name}, run ${run} of ${runs} …`)
      try {
        const measured = await measure(system, scenario, input, timeoutMs)
        const last = Math.max(...measured.nodeSeconds).toFixed(2)
        const others = measured.cpuSeconds.others.toFixed(1)
        console.error(`${system.name}: last node after ${last} s; others used ${others} CPU s meanwhile`)
        results[system.name] = [...(results[system.name] ?? []), measured]
      } catch (error) {
        // One that fails must not take the others' numbers along.
        console.error(`${system.name} failed: ${(error as Error).message}`)
        process.exitCode = 1
      }
    }
  }
  return results
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
}

async function loadSystem(name: string): Promise<System> {
  const load = known[name] ?? (() => import(pathToFileURL(resolve(name)).href))
  const { default: system } = await load()
  if (system === undefined) throw new UsageError(`${name} has no default export that is a System`)
  return system
}

/** Random, so that nothing on the way can make it less. */
export async function writeRandom(path: string, size: number): Promise<void> {
  await using file = await open(path, 'w')
  const part = Buffer.alloc(Math.min(size, 2 ** 24))
  for (let left = size; left > 0; left -= part.length) {
    await file.write(randomFillSync(part).subarray(0, Math.min(left, part.length)))
  }
}
