// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle, type Program } from '../build.ts'
import { billOfMaterials, licenseTexts } from './bill-of-materials.ts'
import { nodePackage } from './node.ts'
import { npmComponent, packagesOf } from './packages.ts'

export const root = join(import.meta.dirname, '..', '..')

/** The programs of each image; the first is what it starts. */
export const images = {
  operator: ['operator', 'hooks'],
  agent: ['agent'],
} as const satisfies Record<string, readonly [Program, ...Program[]]>
export type ImageName = keyof typeof images

export const version = async (): Promise<string> =>
  JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version

/**
 * Writes what is ours in an image: its programs, what they are made of, and under which licences.
 *
 * @param node the folder of Node's npm package
 */
export async function writeProgramFiles(image: ImageName, directory: string, node: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const bundles = await Promise.all(images[image].map((program) => bundle(program, directory)))
  const runtime = await npmComponent(node)
  const components = [
    ...(await packagesOf(bundles.flatMap(({ modules }) => modules))),
    { ...runtime, name: 'node', purl: `pkg:generic/node@${runtime.version}` },
  ]
  await writeFile(join(directory, 'sbom.cdx.json'), billOfMaterials(image, await version(), components))
  await writeFile(join(directory, 'third-party.txt'), licenseTexts(components))
  await copyFile(join(root, 'LICENSE'), join(directory, 'LICENSE'))
}

// In the Dockerfile: all of them below the folder that is named.
if (import.meta.main) {
  const [, , directory = join(root, 'dist', 'image')] = process.argv
  const node = await nodePackage(process.arch === 'arm64' ? 'arm64' : 'amd64', directory)
  for (const image of Object.keys(images) as ImageName[]) {
    await writeProgramFiles(image, join(directory, image), node)
    console.log(join(directory, image))
  }
}
