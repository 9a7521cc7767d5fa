// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cp, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** Of every workspace, not to be copied. */
const left = ['node_modules', '.git', 'dist']
/** Our own workspaces: the copy has its own. */
const scope = '@patchswarm'

export interface Copy extends AsyncDisposable {
  readonly directory: string
}

/** A copy of the repository as it is now, with what is installed; gone when it is disposed of. */
export async function copyOf(repository: string): Promise<Copy> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-defences-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    await cp(repository, directory, { recursive: true, filter: (path) => !left.includes(basename(path)) })
    await linkModules(join(repository, 'node_modules'), join(directory, 'node_modules'))
  } catch (error) {
    await remove()
    throw error
  }
  return { directory, [Symbol.asyncDispose]: remove }
}

async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(join(to, scope), { recursive: true })
  for (const name of await readdir(from)) {
    // Other names with a dot are caches.
    if (name === scope || (name.startsWith('.') && name !== '.bin')) continue
    await symlink(join(from, name), join(to, name))
  }
  for (const name of await readdir(join(from, scope))) {
    await symlink(await readlink(join(from, scope, name)), join(to, scope, name))
  }
}
