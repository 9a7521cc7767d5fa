// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash } from 'node:crypto'
import { access, constants, glob, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { Environment } from './config.ts'

/** Where the programs of a Go module of this project are kept; changes with every file of the module, hence every version. */
export async function moduleCache(module: string, environment: Environment): Promise<string> {
  const hash = createHash('sha256')
  const files: string[] = []
  for await (const file of glob('**/*.{mod,sum,go}', { cwd: module })) files.push(file)
  for (const file of files.toSorted()) hash.update(await readFile(join(module, file)))
  const base = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache')
  return join(base, 'patchswarm', basename(module), hash.digest('hex').slice(0, 16))
}

/** Adds the path of each of these programs that the folder holds. */
export async function collect<Name extends string>(
  directory: string,
  names: readonly Name[],
  found: Map<Name, string>,
): Promise<void> {
  for (const name of names) {
    const path = join(directory, name)
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (usable) found.set(name, path)
  }
}
