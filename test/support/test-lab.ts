// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labels } from '@patchswarm/api'
import { pino } from 'pino'
import { inject } from 'vitest'
import { makeLabDirectory, removeLabDirectory } from '../../lab/src/cli/lab-directory.ts'
import { type Lab, startLab } from '../../lab/src/lab.ts'
import { createLoopbackNetwork, type Network } from '../../lab/src/network/index.ts'
import { type Origin, startOrigin } from '../../lab/src/origin/index.ts'
import type { Programs } from '../../lab/src/programs.ts'

/** A file of random bytes, and a web server that has it. */
export interface Served {
  readonly name: string
  readonly bytes: Buffer
  readonly size: number
  readonly sha256: string
  readonly url: string
  readonly origin: Origin
}

/** A lab of one test file: everything it starts and writes is gone after `stop()`. */
export interface TestLab extends Lab {
  /** @param bytesPerSecond of the origin; unlimited when left out */
  serve(name: string, size: number, bytesPerSecond?: number): Promise<Served>
  /** Serves bytes of before once more, by a server of its own that can misbehave for itself. */
  serveAgain(file: Served): Promise<Served>
  /** All that was ever served by this lab. */
  readonly served: readonly Served[]
  /** Signals the profile's seeder wherever it runs. */
  signalSeeder(signal: NodeJS.Signals, profile: string): void
}

export interface TestLabOptions {
  nodes: number
  /** Made on every node. */
  folders?: readonly string[]
  /** Made from the lab's folder, for nodes that are a little different. */
  network?: (directory: string) => Network
}

/** As the images hold them: one file each. */
export const builtPrograms = (): Programs => ({
  operator: { entrypoint: [process.execPath, inject('operator')] },
  agent: { entrypoint: [process.execPath, inject('agent')] },
})

export async function startTestLab({ nodes, folders, network }: TestLabOptions): Promise<TestLab> {
  const directory = await makeLabDirectory(tmpdir())
  const lab = await startLab({
    directory,
    nodes,
    network: network?.(directory) ?? createLoopbackNetwork(Math.random),
    nodeFolders: folders ?? ['/opt/patches'],
    programs: builtPrograms(),
    log: pino({ level: 'warn' }, pino.destination(join(directory, 'lab.log'))),
  }).catch(async (error: unknown) => {
    await removeLabDirectory(directory)
    throw error
  })
  const served: Served[] = []
  const serve = async (name: string, bytes: Buffer, bytesPerSecond?: number): Promise<Served> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const file = join(directory, `origin-${sha256}`)
    await writeFile(file, bytes)
    const origin = await startOrigin({
      file,
      fileName: name,
      etag: sha256,
      address: lab.network.hostAddress,
      ...(bytesPerSecond && { bytesPerSecond }),
    })
    const one = { name, bytes, size: bytes.length, sha256, url: origin.url, origin }
    served.push(one)
    return one
  }
  return {
    ...lab,
    served,
    serve: (name, size, bytesPerSecond) => serve(name, randomBytes(size), bytesPerSecond),
    serveAgain: ({ name, bytes }) => serve(name, bytes),
    signalSeeder(signal, profile) {
      for (const name of lab.nodeNames) {
        lab.node(name).signalPods(signal, ({ metadata }) => {
          const { [labels.role]: role, [labels.profile]: of } = metadata.labels ?? {}
          return role === 'seeder' && of === profile
        })
      }
    },
    async stop() {
      await lab.stop()
      await Promise.all(served.map(({ origin }) => origin.stop()))
      if (process.env.PATCHSWARM_KEEP_LABS) console.log(`kept: ${directory}`)
      else await removeLabDirectory(directory)
    },
  }
}
