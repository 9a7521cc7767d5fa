// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../lab/src/process/index.ts'

const root = join(import.meta.dirname, '..', '..')

/** The npm package with Node's binary for this architecture: installed here, or fetched into the folder. */
export async function nodePackage(architecture: 'amd64' | 'arm64', cache: string): Promise<string> {
  const name = `node-linux-${architecture === 'amd64' ? 'x64' : 'arm64'}`
  const installed = join(root, 'node_modules', name)
  if (await exists(installed)) return installed
  const { optionalDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const version: string = optionalDependencies[name]
  const folder = join(cache, `${name}-${version}`)
  if (await exists(join(folder, 'package/bin/node'))) return join(folder, 'package')
  await mkdir(folder, { recursive: true })
  await run('npm', ['pack', `${name}@${version}`, '--pack-destination', folder])
  await run('tar', ['-xzf', `${name}-${version}.tgz`], { cwd: folder })
  return join(folder, 'package')
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
