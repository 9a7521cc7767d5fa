// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { test as base } from 'vitest'
import { type DeliveredFile, type DeliveryOptions, deliver } from './deliver.ts'
import { type DeliveryJournal, openJournal } from './journal.ts'

export const quiet = pino({ level: 'silent' })

/** A node with one allowed root, /srv/patches, and a file in its cache. */
export interface DeliveryNode {
  /** Where the root is mounted. */
  readonly mount: string
  readonly bytes: Buffer
  readonly digest: string
  readonly dataPath: string
  readonly journal: DeliveryJournal
  /** Delivers the file as patch.bin into /srv/patches/app, or as the overrides say. */
  deliver(overrides?: Partial<DeliveryOptions>): Promise<DeliveredFile>
  /** Names in a directory of the root, the hidden ones too. */
  names(directory: string): Promise<string[]>
}

export const ROOT = '/srv/patches'

async function createNode(folder: string): Promise<DeliveryNode> {
  const mount = join(folder, 'mount')
  await mkdir(mount)
  const bytes = randomBytes(2_500_000)
  const dataPath = join(folder, 'data')
  await writeFile(dataPath, bytes)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const journal = await openJournal(join(folder, 'journal.json'), quiet)
  const usual = {
    id: 'job-1/patch',
    dataPath,
    size: bytes.length,
    digest,
    roots: new Map([[ROOT, mount]]),
    directory: `${ROOT}/app`,
    fileName: 'patch.bin',
    mode: 0o640,
    journal,
  }
  return {
    mount,
    bytes,
    digest,
    dataPath,
    journal,
    deliver: (overrides) => deliver({ ...usual, ...overrides }),
    names: (directory) => readdir(join(mount, directory)),
  }
}

interface Fixtures {
  folder: string
  node: DeliveryNode
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures needed from this pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'patchswarm-delivery-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  node: async ({ folder }, use) => use(await createNode(folder)),
})
