// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inRepository } from '../../../lab/src/repository.ts'
import { type Images, run } from '../providers/provider.ts'

/**
 * Makes both versions of both images from this tree, as archives in a folder. Until there is a release the next version
 * is the previous one by another name.
 *
 * @returns their paths
 */
export async function buildImages(
  { registry, previous, next }: Images,
  directory: string,
): Promise<string[]> {
  const out = join(directory, 'archives')
  const options = ['--registry', registry, '--tag', previous, '--out', out]
  process.stdout.write(await run(process.execPath, [inRepository('scripts', 'image.ts'), ...options]))
  const archives: string[] = []
  for await (const name of glob('*.tar', { cwd: out })) {
    const renamed = join(out, `next-${name}`)
    await rename(join(out, name), renamed, previous, next)
    archives.push(join(out, name), renamed)
  }
  return archives
}

/** The same image under another tag. */
async function rename(archive: string, renamed: string, from: string, to: string): Promise<void> {
  const unpacked = `${renamed}.unpacked`
  await mkdir(unpacked)
  await run('tar', ['-C', unpacked, '-xf', archive])
  for (const name of ['index.json', 'manifest.json']) {
    const text = await readFile(join(unpacked, name), 'utf8')
    await writeFile(join(unpacked, name), text.replaceAll(from, to))
  }
  await run('tar', ['-C', unpacked, '-cf', renamed, '.'])
}
