// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Something by others that an image holds. */
export interface Component {
  name: string
  version: string
  /** As the package says it, usually an SPDX expression. */
  license: string
  /** Package URL. */
  purl: string
  /** What its authors want to go along with it; empty where they have written nothing. */
  licenseText: string
}

/** The npm packages that these source files belong to, each once, in the order of their names. */
export async function packagesOf(modules: readonly string[]): Promise<Component[]> {
  const folders = new Set(modules.flatMap((path) => packageFolder(path) ?? []))
  const found = await Promise.all([...folders].map(npmComponent))
  const byPurl = new Map(found.map((one) => [one.purl, one]))
  return [...byPurl.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1))
}

const packageFolder = (path: string): string | undefined =>
  /^.*\/node_modules\/(?:@[^/]+\/)?[^/@][^/]*(?=\/)/.exec(path)?.[0]

/** One package of node_modules with its licence. */
export async function npmComponent(folder: string): Promise<Component> {
  const {
    name,
    version,
    license = 'UNKNOWN',
  } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const texts = (await readdir(folder))
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .toSorted()
  const parts = await Promise.all(texts.map((file) => readFile(join(folder, file), 'utf8')))
  return {
    name,
    version,
    license: typeof license === 'string' ? license : license.type,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenseText: parts.join('\n'),
  }
}
