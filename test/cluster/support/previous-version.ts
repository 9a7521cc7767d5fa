// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../lab/src/process/index.ts'
import { REPOSITORY } from '../../../lab/src/repository.ts'
import { exists } from './exists.ts'

/** What the story upgrades from: the last release once there is one; until then the first commit with chart and images. */
const COMMIT = '8cebec311fc10ca0690d8b29b50bdc4e4fa9609c'

const KEPT = join(homedir(), '.cache/patchswarm/versions')

/**
 * The tree of the version before this one with the packages that it was made with, got once; undefined in a clone that
 * does not reach back so far.
 */
export async function previousTree(): Promise<string | undefined> {
  const tree = join(KEPT, COMMIT)
  if (await exists(tree)) return tree
  if (!(await isKnown(COMMIT))) return undefined
  console.log(`getting the version before, ${COMMIT.slice(0, 7)}, and its packages (once, about a minute) …`)
  await mkdir(KEPT, { recursive: true })
  const work = await mkdtemp(join(KEPT, 'work-'))
  try {
    const archive = join(work, 'tree.tar')
    await run('git', ['-C', REPOSITORY, 'archive', '--prefix=tree/', '--output', archive, COMMIT])
    await run('tar', ['-C', work, '-xf', archive])
    await run('npm', ['ci', '--no-progress'], { cwd: join(work, 'tree') })
    await rename(join(work, 'tree'), tree)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return tree
}

const isKnown = (commit: string): Promise<boolean> =>
  run('git', ['-C', REPOSITORY, 'cat-file', '-e', commit]).then(
    () => true,
    () => false,
  )
