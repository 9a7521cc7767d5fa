// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir } from 'node:fs/promises'
import type { Logger } from 'pino'
import { type Environment, processEnvironment } from './config.ts'
import { buildFromModules, STRIPPED } from './go-build.ts'
import { collect, moduleCache } from './module-cache.ts'

export interface ModuleProgramsOptions<Name extends string> {
  /** The folder of go.mod; its last name is that of the cache folder. */
  module: string
  /** The package of each program. */
  programs: Readonly<Record<Name, string>>
  environment?: Environment
  log: Logger
  signal?: AbortSignal
}

/**
 * The paths of programs that Go builds from a module of this project, once, into the user's cache folder.
 *
 * @throws {GoBuildError} when Go is missing or a program does not compile.
 */
export async function modulePrograms<Name extends string>(
  options: ModuleProgramsOptions<Name>,
): Promise<Record<Name, string>> {
  const environment = options.environment ?? processEnvironment()
  const cache = await moduleCache(options.module, environment)
  const names = Object.keys(options.programs) as Name[]
  const found = new Map<Name, string>()
  await collect(cache, names, found)
  const missing = names.filter((name) => !found.has(name))
  if (missing.length > 0) {
    await mkdir(cache, { recursive: true })
    const programs = Object.fromEntries(missing.map((name) => [name, options.programs[name]]))
    await buildFromModules({ ...options, programs, environment, cache, linkerFlags: STRIPPED })
    await collect(cache, missing, found)
  }
  return Object.fromEntries(found) as Record<Name, string>
}
