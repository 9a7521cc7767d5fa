// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../lab/src/process/index.ts'

/** What Node's binary is linked with. */
const libraries = ['libc6', 'libgcc-s1', 'libstdc++6']

/**
 * The .deb files of Node's libraries in the folder, fetched by apt from this machine's sources where they are not there yet. Nothing
 * of this machine's own package lists is touched, so that another architecture than its own will do as well.
 */
export async function debianPackages(architecture: string, folder: string): Promise<string[]> {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true })
  if ((await packagesIn(folder)).length <= libraries.length) await fetchPackages(architecture, folder)
  return await packagesIn(folder)
}

async function packagesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.deb'))
  return names.toSorted().map((name) => join(folder, name))
}

async function fetchPackages(architecture: string, folder: string): Promise<void> {
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures::': architecture,
    'APT::Sandbox::User': 'root',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': folder,
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  await run('apt-get', [...options, 'update'])
  await run('apt-get', [...options, 'download', ...libraries], { cwd: folder })
  // Holds the licence of the compiler's libraries, and has its version in its name.
  const compiler = (await packagesIn(folder)).find((path) => path.includes('libgcc-s1'))
  const depends = await run('dpkg-deb', ['--field', compiler ?? '', 'Depends'])
  const [licence = ''] = /gcc-\d+-base/.exec(depends) ?? []
  await run('apt-get', [...options, 'download', licence], { cwd: folder })
}
