// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import { run } from '../../../lab/src/process/index.ts'
import { REPOSITORY } from '../../../lab/src/repository.ts'
import type { Versions } from '../providers/provider.ts'
import { previousTree } from './previous-version.ts'

/** What images are called that were made here and are loaded into every node. */
export const LOADED = { registry: 'patchswarm.local', previous: 'previous', next: 'next' } as const

/** The version before this one and this one; in a clone that does not reach back, this one under both names. */
export async function bothVersions(
  previous: string,
  next: string,
): Promise<Pick<Versions, 'previous' | 'next'>> {
  const tree = await previousTree()
  if (!tree) console.log('this clone does not reach back to the version before: this one plays it')
  return { previous: { tree: tree ?? REPOSITORY, tag: previous }, next: { tree: REPOSITORY, tag: next } }
}

/** Makes all images of both versions in a folder. */
export async function buildVersions(directory: string): Promise<{ versions: Versions; archives: string[] }> {
  const { registry } = LOADED
  const both = await bothVersions(LOADED.previous, LOADED.next)
  const archives: string[] = []
  for (const { tree, tag } of [both.previous, both.next]) {
    const out = join(directory, 'archives', tag)
    const options = ['--registry', registry, '--tag', tag, '--out', out]
    process.stdout.write(await run(process.execPath, [join(tree, 'scripts', 'image.ts'), ...options]))
    archives.push(join(out, 'operator.tar'), join(out, 'agent.tar'))
  }
  return { versions: { ...both, registry, pullPolicy: 'Never' }, archives }
}
