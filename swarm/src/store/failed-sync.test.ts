// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, vi } from 'vitest'
import { createIdentity } from '../identity/index.ts'
import { leafOffset } from '../manifest/layout.ts'
import { signPart } from '../manifest/signed-part.ts'
import type { Chunking } from '../manifest/types.ts'
import { ChunkMissingError } from './errors.ts'
import { fill, heldIndexes, ID, randomSample, test } from './store.fixture.ts'

afterEach(() => vi.restoreAllMocks())

/**
 * The next fdatasync fails, once, as Linux tells it: what was written before may be gone with the cache of the kernel, and
 * is read from there until then. @returns the offsets that are written after that
 */
async function failNextSync(folder: string): Promise<number[]> {
  await using any = await open(join(folder, 'any'), 'w')
  const handles: FileHandle = Object.getPrototypeOf(any)
  const { datasync, write } = handles
  const written: number[] = []
  let failed = false
  vi.spyOn(handles, 'datasync').mockImplementation(async function (this: FileHandle) {
    if (failed) return datasync.call(this)
    failed = true
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  })
  vi.spyOn(handles, 'write').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
    if (failed) written.push(args[3] as number)
    return Reflect.apply(write, this, args)
  } as FileHandle['write'])
  return written
}

const sample = randomSample(3500, 1000)
const seeder = createIdentity()
const part = () =>
  signPart(ID, { generation: 1, first: 0, ...sample.manifest }, seeder.peerId, (bytes) => seeder.sign(bytes))

test('chunks that a manifest found unsynced are fetched again when that sync fails', async ({
  folder,
  reopen,
}) => {
  const artifact = await (await reopen()).open(ID)
  await artifact.grow(3500, 1000)
  artifact.addPart(part(), Buffer.from('membership'))
  await fill(artifact, sample, [0, 2])
  await failNextSync(folder)
  await expect(artifact.setManifest(sample.manifest)).rejects.toThrow('EIO')
  expect(heldIndexes(artifact)).toEqual([])
  await artifact.setManifest(sample.manifest)
  expect(heldIndexes(await (await reopen()).open(ID))).toEqual([])
})

const unknown: Chunking = { strategy: 'ContentDefined', size: 256 }

describe('an ingest writes again what it has read', () => {
  test('when a sync on the way has failed', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(3500, 1000)
    await ingest.write(sample.bytes)
    await vi.waitFor(() => expect(artifact.chunksHeld).toBe(3))
    const written = await failNextSync(folder)
    await expect(artifact.sync()).rejects.toThrow('EIO')
    expect(artifact.chunksHeld).toBe(0)
    await ingest.finish(sample.sha256)
    expect(artifact.complete).toBe(true)
    expect(written).toEqual(expect.arrayContaining([0, 1000, 2000, 3000]))
  })

  test.for<{ name: string; chunking: number | Chunking }>([
    { name: 'chunks of one size', chunking: 1000 },
    { name: 'chunks cut by content', chunking: unknown },
  ])('when the last sync of $name has failed, and it went on', async ({ chunking }, { folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const first = await artifact.beginIngest(3500, chunking)
    await first.write(sample.bytes)
    const written = await failNextSync(folder)
    await expect(first.finish(sample.sha256)).rejects.toThrow('EIO')
    await first.close()
    expect([artifact.complete, artifact.chunksHeld]).toEqual([false, 0])
    written.length = 0
    const second = await artifact.beginIngest(3500, chunking)
    await second.write(sample.bytes.subarray(second.resumeOffset))
    const { manifest } = await second.finish(sample.sha256)
    expect(artifact.complete).toBe(true)
    const offsets = Array.from({ length: artifact.chunks }, (_, index) => leafOffset(manifest, index))
    expect(written).toEqual(expect.arrayContaining(offsets))
  })

  test('unless that is wrong by then', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(3500, 1000)
    await ingest.write(sample.bytes)
    await failNextSync(folder)
    await vi.waitFor(() => expect(artifact.chunksHeld).toBe(3))
    await expect(artifact.sync()).rejects.toThrow('EIO')
    await using data = await open(artifact.dataPath, 'r+')
    await data.write(Buffer.alloc(1000), 0, 1000, 1000)
    await expect(ingest.finish(sample.sha256)).rejects.toThrow(ChunkMissingError)
    expect([artifact.complete, artifact.manifest]).toEqual([false, undefined])
  })
})
