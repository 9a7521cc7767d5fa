// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { smallDisk } from '../store/small-disk.fixture.ts'
import { checkCached } from './deliver.ts'
import { ROOT, test } from './delivery.fixture.ts'
import {
  CacheFileError,
  DigestMismatchError,
  DirectoryNotAllowedError,
  InsufficientDiskError,
  InvalidDirectoryError,
  PathConflictError,
  RootMissingError,
  TargetNotWritableError,
} from './errors.ts'
import { checkRoots } from './roots.ts'
import { removeTemporaries, temporaryName } from './temporaries.ts'

const asRoot = process.getuid?.() === 0

describe('a delivery', () => {
  test('puts the file under its name with its mode and makes the directories', async ({ node }) => {
    const progress: number[] = []
    const directory = `${ROOT}/app/v1`
    const done = await node.deliver({ directory, mode: 0o604, onProgress: (bytes) => progress.push(bytes) })
    expect(done).toEqual({ path: `${directory}/patch.bin`, sha256: node.digest.slice('sha256:'.length) })
    const file = join(node.mount, 'app/v1/patch.bin')
    expect((await readFile(file)).equals(node.bytes)).toBe(true)
    expect((await stat(file)).mode & 0o7777).toBe(0o604)
    expect((await stat(join(node.mount, 'app'))).mode & 0o7777).toBe(0o755)
    expect(await node.names('app/v1')).toEqual(['patch.bin'])
    expect(progress.at(-1)).toBe(node.bytes.length)
    expect(node.journal.entries().get(done.path)).toMatchObject({ delivered: true, digest: node.digest })
  })

  test('goes into the root itself too, and may be empty', async ({ node }) => {
    const dataPath = join(node.mount, '../empty')
    await writeFile(dataPath, '')
    const digest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    const done = await node.deliver({ directory: ROOT, dataPath, size: 0, digest })
    expect(done.path).toBe(`${ROOT}/patch.bin`)
    expect((await stat(join(node.mount, 'patch.bin'))).size).toBe(0)
  })

  test('gives the file to its owner', async ({ node, skip }) => {
    skip(!asRoot, 'giving a file to another user needs root')
    await node.deliver({ owner: '1234:4321' })
    expect(await stat(join(node.mount, 'app/patch.bin'))).toMatchObject({ uid: 1234, gid: 4321 })
  })

  test('drops bits of the mode above 0777', async ({ node }) => {
    await node.deliver({ mode: 0o4755 })
    expect((await stat(join(node.mount, 'app/patch.bin'))).mode & 0o7777).toBe(0o755)
  })

  test('does not write a file again that is right already, but sets its mode', async ({ node }) => {
    await node.deliver()
    const before = await stat(join(node.mount, 'app/patch.bin'))
    await node.deliver({ mode: 0o600 })
    const after = await stat(join(node.mount, 'app/patch.bin'))
    expect([after.ino, after.mtimeMs, after.mode & 0o777]).toEqual([before.ino, before.mtimeMs, 0o600])
  })

  test('replaces a file of the same length whose bytes are others', async ({ node }) => {
    await node.deliver()
    await writeFile(join(node.mount, 'app/patch.bin'), Buffer.alloc(node.bytes.length))
    await node.deliver()
    expect((await readFile(join(node.mount, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
  })

  test('removes what its earlier tries left, and nothing else', async ({ node }) => {
    await mkdir(join(node.mount, 'app'))
    const others = ['.other.bin.patchswarm-0123456789abcdef', '.patch.bin.patchswarm-notes', '.patch.bin']
    for (const name of [...others, temporaryName('patch.bin')])
      await writeFile(join(node.mount, 'app', name), 'x')
    await node.deliver()
    expect(await node.names('app')).toEqual([...others, 'patch.bin'].sort())
  })
})

test('a file that is only to be in the cache is checked as a whole', async ({ node }) => {
  const { dataPath, digest } = node
  const size = node.bytes.length
  const seen: number[] = []
  const checked = await checkCached({ dataPath, size, digest, onProgress: (bytes) => seen.push(bytes) })
  expect(checked.sha256).toBe(digest.slice('sha256:'.length))
  expect(seen.at(-1)).toBe(node.bytes.length)
  const other = `sha256:${'0'.repeat(64)}`
  await expect(checkCached({ dataPath, size, digest: other })).rejects.toThrow(DigestMismatchError)
  // The digest is of the beginning alone.
  await expect(checkCached({ dataPath, size: size + 1, digest })).rejects.toThrow(DigestMismatchError)
  await rm(dataPath)
  await expect(checkCached({ dataPath, size, digest })).rejects.toThrow(CacheFileError)
})

test('a file that is always copied shares nothing with the cache', async ({ node }) => {
  await node.deliver({ alwaysCopy: true })
  await writeFile(node.dataPath, 'other')
  expect((await readFile(join(node.mount, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
})

describe('a file that is still being fetched', () => {
  test('is copied while it grows, and stands under its name when all of it is there', async ({
    node,
    skip,
  }) => {
    const parts = [1_000_000, 1_800_000, node.bytes.length]
    const hole = Buffer.alloc(node.bytes.length)
    await writeFile(node.dataPath, hole)
    const seen: string[][] = []
    const grown = async (offset: number) => {
      const held = parts.find((part) => part > offset)!
      seen.push(await node.names('app'))
      await writeFile(node.dataPath, Buffer.concat([node.bytes.subarray(0, held), hole.subarray(held)]))
      return held
    }
    await node.deliver({ grown })
    skip(seen[1]!.length === 0, 'this file system shares extents, which is done at the end')
    expect(seen.map((names) => names.length)).toEqual([1, 1, 1])
    expect(seen.flat()).not.toContain('patch.bin')
    expect((await readFile(join(node.mount, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
    expect(await node.names('app')).toEqual(['patch.bin'])
  })

  test('is given up with nothing left behind when the wait for more ends', async ({ node }) => {
    const grown = async (offset: number) => {
      if (offset > 0) throw new Error('not wanted any more')
      return 1_000_000
    }
    await expect(node.deliver({ grown })).rejects.toThrow('not wanted any more')
    expect(await node.names('app')).toEqual([])
  })

  test('is waited for when there is no room for it twice', async ({ node, skip }) => {
    await using disk = await smallDisk(node.mount, 'size=4m', skip)
    const seen: string[][] = []
    const grown = async (offset: number) => {
      seen.push(await readdir(join(disk.path, 'app')))
      return offset === 0 ? 1_000_000 : node.bytes.length
    }
    await node.deliver({ roots: new Map([[ROOT, disk.path]]), grown })
    // Waited for first, then copied as a whole.
    expect(seen.slice(0, 2)).toEqual([[], []])
    expect((await readFile(join(disk.path, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
  })
})

describe('nothing is delivered', () => {
  test('when the bytes in the cache are not the artifact: the old file stays', async ({ node }) => {
    await mkdir(join(node.mount, 'app'))
    await writeFile(join(node.mount, 'app/patch.bin'), 'old')
    const damaged = Buffer.from(node.bytes)
    damaged[2_000_000]! ^= 1
    await writeFile(node.dataPath, damaged)
    await expect(node.deliver()).rejects.toThrow(DigestMismatchError)
    expect(await readFile(join(node.mount, 'app/patch.bin'), 'utf8')).toBe('old')
    expect(await node.names('app')).toEqual(['patch.bin'])
  })

  test('when the file in the cache is shorter than it should be', async ({ node }) => {
    await writeFile(node.dataPath, node.bytes.subarray(1))
    await expect(node.deliver()).rejects.toThrow(DigestMismatchError)
    expect(await node.names('app')).toEqual([])
  })

  test.for([true, false])(
    'when only the beginning of the file has its digest (fetched meanwhile: %s)',
    async (grows, { node }) => {
      const size = node.bytes.length + 4096
      // As if what was fetched of it were given up in the middle.
      const grown = async () => size
      await expect(node.deliver({ size, ...(grows && { grown }) })).rejects.toThrow(DigestMismatchError)
      expect(await node.names('app')).toEqual([])
    },
  )

  test('when the file in the cache is gone, which is not the fault of the target', async ({ node }) => {
    await rm(node.dataPath)
    await expect(node.deliver()).rejects.toThrow(CacheFileError)
  })

  test('through a symbolic link on the way', async ({ node, folder }) => {
    await mkdir(join(folder, 'outside'))
    await symlink(join(folder, 'outside'), join(node.mount, 'app'))
    await expect(node.deliver()).rejects.toThrow(DirectoryNotAllowedError)
    await expect(node.deliver({ directory: `${ROOT}/app/deeper` })).rejects.toThrow(DirectoryNotAllowedError)
    expect(await node.names('../outside')).toEqual([])
  })

  test('through a symbolic link that stays within the root, or dangles', async ({ node }) => {
    await mkdir(join(node.mount, 'real'))
    await symlink('real', join(node.mount, 'app'))
    await expect(node.deliver()).rejects.toThrow(DirectoryNotAllowedError)
    await symlink('nowhere', join(node.mount, 'dangling'))
    await expect(node.deliver({ directory: `${ROOT}/dangling` })).rejects.toThrow(DirectoryNotAllowedError)
  })

  test('outside the roots, or with .. in the directory', async ({ node }) => {
    await expect(node.deliver({ directory: '/etc' })).rejects.toThrow(DirectoryNotAllowedError)
    await expect(node.deliver({ directory: `${ROOT}/../etc` })).rejects.toThrow(InvalidDirectoryError)
    await expect(node.deliver({ fileName: '../patch.bin' })).rejects.toThrow(InvalidDirectoryError)
    expect(await node.names('.')).toEqual([])
    expect(node.journal.entries().size).toBe(0)
  })

  test('on a node that lacks the root', async ({ node }) => {
    await rm(node.mount, { recursive: true })
    await expect(node.deliver()).rejects.toThrow(RootMissingError)
    await expect(checkRoots(new Map([[ROOT, node.mount]]))).resolves.toEqual([
      { path: ROOT, ready: false, reason: 'RootMissing' },
    ])
  })

  test('where a file stands in the place of a directory, or a directory in that of the file', async ({
    node,
  }) => {
    await writeFile(join(node.mount, 'app'), '')
    await expect(node.deliver()).rejects.toThrow(TargetNotWritableError)
    await mkdir(join(node.mount, 'other/patch.bin'), { recursive: true })
    await expect(node.deliver({ directory: `${ROOT}/other` })).rejects.toThrow(TargetNotWritableError)
    expect(await node.names('other')).toEqual(['patch.bin'])
  })

  test('to a path that another listed delivery owns', async ({ node }) => {
    await node.deliver()
    const digest = `sha256:${'0'.repeat(64)}`
    await expect(node.deliver({ id: 'job-2/patch', digest })).rejects.toThrow(PathConflictError)
    expect((await readFile(join(node.mount, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
  })

  test('on a read-only file system', async ({ node, skip }) => {
    await using disk = await smallDisk(node.mount, 'ro,size=8m', skip)
    const roots = new Map([[ROOT, disk.path]])
    await expect(node.deliver({ roots, directory: ROOT })).rejects.toThrow(TargetNotWritableError)
    await expect(node.deliver({ roots })).rejects.toThrow(TargetNotWritableError)
  })

  test('on a disk that is too small, which is said before a byte is written', async ({ node, skip }) => {
    await using disk = await smallDisk(node.mount, 'size=1m', skip)
    const onProgress = () => expect.unreachable()
    const roots = new Map([[ROOT, disk.path]])
    await expect(node.deliver({ roots, onProgress })).rejects.toThrow(InsufficientDiskError)
    expect(await readdir(join(disk.path, 'app'))).toEqual([])
  })

  test('on a disk that gets full in the middle, and there is room again for the next try', async ({
    node,
    skip,
  }) => {
    await using disk = await smallDisk(node.mount, 'size=4m', skip)
    const ballast = join(disk.path, 'ballast')
    const onProgress = (done: number) => {
      if (done === 1024 * 1024) writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024))
    }
    const roots = new Map([[ROOT, disk.path]])
    await expect(node.deliver({ roots, onProgress })).rejects.toThrow(InsufficientDiskError)
    expect(await readdir(join(disk.path, 'app'))).toEqual([])
    await rm(ballast)
    await node.deliver({ roots })
    expect((await readFile(join(disk.path, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
  })

  test('when it is stopped half-way', async ({ node }) => {
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('stopping'))
    await expect(node.deliver({ signal: stop.signal, onProgress })).rejects.toThrow('stopping')
    expect(await node.names('app')).toEqual([])
    await node.deliver()
  })
})

test('a symbolic link under the name itself is replaced, not followed', async ({ node, folder }) => {
  await mkdir(join(node.mount, 'app'))
  await writeFile(join(folder, 'outside'), 'untouched')
  await symlink(join(folder, 'outside'), join(node.mount, 'app/patch.bin'))
  await node.deliver()
  expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('untouched')
  expect((await readFile(join(node.mount, 'app/patch.bin'))).equals(node.bytes)).toBe(true)
})

test('temporary files of deliveries that are not listed any more are removed, and the paths forgotten', async ({
  node,
}) => {
  const left = temporaryName('half.bin')
  const tried = temporaryName('tried.bin')
  const paths = () => [...node.journal.entries().keys()]
  const roots = new Map([[ROOT, node.mount]])
  await node.deliver()
  await node.journal.claim(`${ROOT}/app/half.bin`, 'job-9/half', node.digest)
  await node.journal.claim(`${ROOT}/gone/half.bin`, 'job-9/half', node.digest)
  await node.journal.claim(`${ROOT}/app/tried.bin`, 'job-8/tried', node.digest)
  for (const name of [left, tried]) await writeFile(join(node.mount, 'app', name), 'half')
  expect(await removeTemporaries(node.journal, roots)).toEqual([])
  await node.journal.retain(['job-8/tried'])
  expect(await removeTemporaries(node.journal, new Map())).toEqual([])
  expect(paths()).toHaveLength(4)
  expect(await removeTemporaries(node.journal, roots)).toEqual([`${ROOT}/app/${left}`])
  expect((await node.names('app')).sort()).toEqual([tried, 'patch.bin'].sort())
  expect(paths()).toEqual([`${ROOT}/app/patch.bin`, `${ROOT}/app/tried.bin`])
})
