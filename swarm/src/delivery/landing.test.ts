// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { ROOT, test } from './delivery.fixture.ts'
import {
  DirectoryNotAllowedError,
  InvalidDirectoryError,
  RootMissingError,
  TargetNotWritableError,
} from './errors.ts'
import { findLanding, sharesExtents } from './landing.ts'

const look = (mount: string, over: object = {}) =>
  findLanding({
    directory: `${ROOT}/app/base`,
    fileName: 'patch.bin',
    size: 1000,
    roots: new Map([[ROOT, mount]]),
    ...over,
  })

describe('a file that is to be delivered', () => {
  test('needs its size on the file system of its directory, which need not be there yet', async ({
    node,
  }) => {
    const landing = await look(node.mount)
    expect(landing).toMatchObject({ path: `${ROOT}/app/base/patch.bin`, needs: 1000 })
    expect(landing.device).toBe((await stat(node.mount)).dev)
    expect(landing.freeBytes).toBeGreaterThan(0)
    expect(await node.names('.')).toEqual([])
  })

  test('needs its size beside an old file of another one, and nothing where it may lie already', async ({
    node,
  }) => {
    await mkdir(join(node.mount, 'app/base'), { recursive: true })
    await writeFile(join(node.mount, 'app/base/patch.bin'), 'old')
    expect((await look(node.mount)).needs).toBe(1000)
    expect((await look(node.mount, { size: 3 })).needs).toBe(0)
  })
})

describe('what would fail is found before', () => {
  test.for([
    {
      name: 'a root that is missing',
      prepare: (mount: string) => rm(mount, { recursive: true }),
      error: RootMissingError,
    },
    {
      name: 'a symbolic link on the way',
      prepare: (mount: string) => symlink('/tmp', join(mount, 'app')),
      error: DirectoryNotAllowedError,
    },
    {
      name: 'a file on the way',
      prepare: (mount: string) => writeFile(join(mount, 'app'), ''),
      error: TargetNotWritableError,
    },
    {
      name: 'a directory in the place of the file',
      prepare: (mount: string) => mkdir(join(mount, 'app/base/patch.bin'), { recursive: true }),
      error: TargetNotWritableError,
    },
  ])('$name', async ({ prepare, error }, { node }) => {
    await prepare(node.mount)
    await expect(look(node.mount)).rejects.toThrow(error)
  })

  test('a directory outside the roots, and a name that is none', async ({ node }) => {
    await expect(look(node.mount, { directory: '/etc' })).rejects.toThrow(DirectoryNotAllowedError)
    await expect(look(node.mount, { fileName: '../x' })).rejects.toThrow(InvalidDirectoryError)
  })
})

test('whether extents are shared is tried, and leaves nothing behind', async ({ folder }) => {
  expect(typeof (await sharesExtents(folder))).toBe('boolean')
  expect(await readdir(folder)).toEqual([])
  expect(await sharesExtents(join(folder, 'missing'))).toBe(false)
})
