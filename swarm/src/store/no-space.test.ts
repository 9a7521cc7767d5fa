// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, type TestContext } from 'vitest'
import { NoSpaceError } from './errors.ts'
import { smallDisk } from './small-disk.fixture.ts'
import { fill, ID, quiet, randomSample, sampleOf, test } from './store.fixture.ts'
import { openStore } from './store.ts'

const MIB = 1024 * 1024

/** A disk of 4 MiB on which a ballast leaves about 1 MiB. */
async function nearlyFullDisk(folder: string, skip: TestContext['skip']) {
  const disk = await smallDisk(folder, 'size=4m', skip)
  const ballast = join(disk.path, 'ballast')
  await writeFile(ballast, Buffer.alloc(3 * MIB))
  return { ...disk, free: () => rm(ballast) }
}

test('a full disk refuses a chunk, keeps those before, and takes it when there is room again', async ({
  folder,
  skip,
}) => {
  await using disk = await nearlyFullDisk(folder, skip)
  const sample = randomSample(2 * MIB, 64 * 1024)
  const store = await openStore(disk.path, { log: quiet })
  const artifact = await store.open(ID)
  await artifact.setManifest(sample.manifest)
  await expect(fill(artifact, sample)).rejects.toThrow(NoSpaceError)
  const held = artifact.chunksHeld
  expect(held).toBeGreaterThan(5)
  expect(held).toBeLessThan(17)
  expect(await artifact.rehash()).toEqual([])
  await disk.free()
  await fill(artifact, sample)
  expect([artifact.complete, await artifact.rehash()]).toEqual([true, []])
  expect(artifact.counters.bytesFromPeers).toBe(2 * MIB)
  await store.close()
  const again = await openStore(disk.path, { log: quiet })
  expect((await again.open(ID)).complete).toBe(true)
  await again.close()
})

test('a disk that has no more files refuses an artifact, and takes it when one is gone', async ({
  folder,
  skip,
}) => {
  await using disk = await smallDisk(folder, 'nr_inodes=16', skip)
  const store = await openStore(disk.path, { log: quiet })
  const others = Array.from({ length: 16 }, (_, at) => join(disk.path, `${at}`))
  for (const other of others) await writeFile(other, '').catch(() => {})
  await expect(store.open(ID)).rejects.toThrow(NoSpaceError)
  for (const other of others) await rm(other, { force: true })
  expect((await store.open(ID)).chunks).toBe(0)
  await store.close()
})

test('a chunk that stands at many offsets is held where it found room', async ({ folder, skip }) => {
  await using disk = await nearlyFullDisk(folder, skip)
  const zeros = randomSample(64 * 1024, 64 * 1024).bytes

  const sample = sampleOf(Buffer.concat(Array(32).fill(zeros)), 64 * 1024)
  const store = await openStore(disk.path, { log: quiet })
  const artifact = await store.open(ID)
  await artifact.setManifest(sample.manifest)
  await expect(artifact.writeChunk(3, zeros, 'peers')).rejects.toThrow(NoSpaceError)
  expect(artifact.has(3)).toBe(true)
  expect(artifact.complete).toBe(false)
  await disk.free()
  await artifact.writeChunk(31, zeros, 'peers')
  expect([artifact.complete, await artifact.rehash()]).toEqual([true, []])
  await store.close()
})

test('a full disk stops a sync without harm to the state before', async ({ folder, skip }) => {
  await using disk = await nearlyFullDisk(folder, skip)
  const sample = randomSample(64 * 1024, 16 * 1024)
  const store = await openStore(disk.path, { log: quiet })
  const artifact = await store.open(ID)
  await artifact.setManifest(sample.manifest)
  await fill(artifact, sample, [0])
  await artifact.sync()
  await fill(artifact, sample, [1])
  await fillUp(disk.path)
  await expect(artifact.sync()).rejects.toThrow(NoSpaceError)
  expect([artifact.has(0), artifact.has(1)]).toEqual([true, true])
  await disk.free()
  await artifact.sync()
  await store.close()
})

test('a full disk interrupts an ingest, which goes on later', async ({ folder, skip }) => {
  await using disk = await nearlyFullDisk(folder, skip)
  const sample = randomSample(2 * MIB, 64 * 1024)
  const store = await openStore(disk.path, { log: quiet })
  const artifact = await store.open(ID)
  const first = await artifact.beginIngest(undefined, 64 * 1024)
  await expect(first.write(sample.bytes)).rejects.toThrow(NoSpaceError)
  await first.close()
  await disk.free()
  const second = await artifact.beginIngest(undefined, 64 * 1024)
  expect(second.resumeOffset).toBeGreaterThan(5 * 64 * 1024)
  await second.write(sample.bytes.subarray(second.resumeOffset))
  expect((await second.finish(sample.sha256)).manifest.cid).toBe(sample.manifest.cid)
  await store.close()
})

/** Takes what is left, down to the last page. */
async function fillUp(path: string): Promise<void> {
  await writeFile(join(path, 'filler'), Buffer.alloc(2 * MIB)).catch(() => {})
}
