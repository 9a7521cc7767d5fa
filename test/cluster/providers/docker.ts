// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../lab/src/process/index.ts'
import { buildVersions } from '../support/images.ts'
import type { Provider } from './provider.ts'
import { toolsFor } from './tools.ts'

/** A cluster that Docker runs from an image of somebody else. */
interface InDocker {
  name: string
  image: string
  /** A program beside Docker, if it takes one. */
  program?: string
  create(): Promise<Created>
}

interface Created {
  /** Its text. */
  kubeconfig: string
  /** Imports images from an archive into all nodes. */
  load(archive: string): Promise<unknown>
  remove(): Promise<unknown>
}

export const inDocker = ({ name, image, program, create }: InDocker): Provider => ({
  name,
  async obstacle() {
    const needs = program === undefined ? [] : [run(program, ['version'])]
    const tried = await Promise.allSettled([run('docker', ['info']), ...needs])
    const failed = tried.find((one) => one.status === 'rejected')
    if (failed) return lastLine(failed.reason)
    return await run('docker', ['pull', '--quiet', image]).then(() => undefined, lastLine)
  },
  async start() {
    const { kubeconfig, load, remove } = await create()
    const work = await mkdtemp(join(tmpdir(), 'patchswarm-e2e-'))
    const stop = async () => {
      await remove()
      await rm(work, { recursive: true, force: true })
    }
    try {
      const { versions, archives } = await buildVersions(work)
      for (const archive of archives) await load(archive)
      await writeFile(join(work, 'kubeconfig'), kubeconfig)
      return { ...(await toolsFor(join(work, 'kubeconfig'))), versions, stop }
    } catch (error) {
      await stop()
      throw error
    }
  },
})

const lastLine = (error: unknown): string => (error as Error).message.trim().split('\n').at(-1) ?? ''
