// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImages } from '../support/images.ts'
import { LOADED_IMAGES, type Provider, run } from './provider.ts'
import { toolsFor } from './tools.ts'

/** A cluster that Docker runs from an image of somebody else. */
interface InDocker {
  name: string
  image: string
  /** A program beside Docker, if it takes one. */
  program?: string
  /** @returns the text of a kubeconfig */
  create(id: string): Promise<string>
  load(id: string, archive: string): Promise<unknown>
  remove(id: string): Promise<unknown>
}

export const docker = (...args: string[]): Promise<string> => run('docker', args)

export const inDocker = ({ name, image, program, create, load, remove }: InDocker): Provider => ({
  name,
  async obstacle() {
    const needs = program === undefined ? [] : [run(program, ['version'])]
    const tried = await Promise.allSettled([docker('info'), ...needs])
    const failed = tried.find((one) => one.status === 'rejected')
    if (failed) return lastLine(failed.reason)
    return await docker('pull', '--quiet', image).then(() => undefined, lastLine)
  },
  async start() {
    const id = `patchswarm-e2e-${process.pid}`
    const work = await mkdtemp(join(tmpdir(), 'patchswarm-e2e-'))
    const stop = async () => {
      await remove(id)
      await rm(work, { recursive: true, force: true })
    }
    try {
      const kubeconfig = join(work, 'kubeconfig')
      await writeFile(kubeconfig, await create(id))
      for (const archive of await buildImages(LOADED_IMAGES, work)) await load(id, archive)
      return { ...(await toolsFor(kubeconfig)), images: LOADED_IMAGES, stop }
    } catch (error) {
      await stop()
      throw error
    }
  },
})

const lastLine = (error: unknown): string => (error as Error).message.trim().split('\n').at(-1) ?? ''
