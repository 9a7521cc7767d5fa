// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { command } from '../command.ts'
import { layerOf, writeArchive } from './archive.ts'

const settings = {
  reference: 'registry.example.com:5000/team/operator:1.2.3',
  architecture: 'arm64',
  user: '65532:65532',
  entrypoint: ['node', '/patchswarm/operator.mjs'],
  labels: {},
} as const

/** An archive of two files, which were written in this order at that time. */
async function archive(work: string, files: readonly string[], seconds: number): Promise<string> {
  const root = join(work, 'root')
  await mkdir(root, { recursive: true })
  for (const name of files) {
    await writeFile(join(root, name), name)
    await utimes(join(root, name), seconds, seconds)
  }
  const out = join(work, 'image.tar')
  await writeArchive(out, settings, [await layerOf(root, work)], work)
  return out
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'patchswarm-archive-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

test('the same files make the same bytes, whenever and in whatever order they were written', async () => {
  const one = await archive(await folder(), ['a', 'b'], 1)
  const two = await archive(await folder(), ['b', 'a'], 1_000_000_000)
  expect((await readFile(one)).equals(await readFile(two))).toBe(true)
})

test('the archive names the image for containerd and for Docker, and its layer holds the files', async () => {
  const work = await folder()
  const out = await archive(work, ['a', 'b'], 1)
  const read = async (path: string) => JSON.parse(await command('tar', ['-xOf', out, path]))
  const [{ Config: config, RepoTags: tags, Layers: layers }] = await read('manifest.json')
  const { manifests } = await read('index.json')
  expect(tags).toEqual([settings.reference])
  expect(manifests[0].annotations['io.containerd.image.name']).toBe(settings.reference)
  expect(await read(config)).toMatchObject({
    architecture: 'arm64',
    config: { User: '65532:65532', Entrypoint: settings.entrypoint },
  })
  await command('tar', ['-xf', out, '-C', work])
  expect(await command('tar', ['-tzf', join(work, layers[0])])).toBe('./\n./a\n./b\n')
})
