// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { ArtifactClosedError } from './errors.ts'
import { fill, heldIndexes, ID, quiet, randomSample, test } from './store.fixture.ts'
import { openStore } from './store.ts'
import type { StoredArtifact } from './types.ts'

const KEY = ID.toString('hex')

describe('the store', () => {
  test('finds its artifacts and their counters again', async ({ reopen }) => {
    const sample = randomSample(3000, 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample, [1])
    artifact.counters.bytesToPeers = 77
    const [again] = (await reopen()).list()
    expect(again?.key).toBe(KEY)
    expect(again?.manifest?.cid).toBe(sample.manifest.cid)
    expect(heldIndexes(again!)).toEqual([1])
    expect(again?.counters).toMatchObject({ bytesToPeers: 77, bytesFromPeers: 1000 })
  })

  test('opens an artifact once, whoever asks', async ({ reopen }) => {
    const store = await reopen()
    const [one, other] = await Promise.all([store.open(ID), store.open(Uint8Array.from(ID))])
    expect(one).toBe(other)
    expect(store.list()).toHaveLength(1)
  })

  test('deletes an artifact with all its files, and what a crash left half deleted', async ({
    reopen,
    folder,
  }) => {
    const store = await reopen()
    const artifact = await store.open(ID)
    await store.remove(ID)
    expect(store.list()).toEqual([])
    expect(await readdir(join(folder, 'artifacts'))).toEqual([])
    await expect(artifact.readChunk(0)).rejects.toThrow(ArtifactClosedError)
    await store.remove(ID)
    await mkdir(join(folder, 'artifacts', `${KEY}.removed`))
    await reopen()
    expect(await readdir(join(folder, 'artifacts'))).toEqual([])
  })

  test('can open an artifact anew after it was deleted', async ({ reopen }) => {
    const store = await reopen()
    await (await store.open(ID)).setManifest(randomSample(10, 10).manifest)
    await store.remove(ID)
    expect((await store.open(ID)).manifest).toBeUndefined()
  })

  test('counts real disk only, not the holes of a sparse file', async ({ reopen }) => {
    const sample = randomSample(8_000_000, 100_000)
    const store = await reopen()
    const artifact = await store.open(ID)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample, [0, 40])
    await artifact.sync()
    expect((await stat(artifact.dataPath)).size).toBe(8_000_000)
    const { usedBytes, freeBytes } = await store.usage()
    expect(usedBytes).toBeGreaterThanOrEqual(200_000)
    expect(usedBytes).toBeLessThan(1_000_000)
    expect(freeBytes).toBeGreaterThan(0)
  })

  test('syncs by itself', async ({ folder }) => {
    await using store = await disposable(folder)
    const artifact = await store.opened.open(ID)
    await artifact.setManifest(randomSample(3000, 1000).manifest)
    const state = join(folder, 'artifacts', KEY, 'state')
    const before = (await stat(state)).ino
    artifact.counters.bytesToPeers = 5
    await expect.poll(async () => (await stat(state)).ino, { timeout: 5000 }).not.toBe(before)
  })

  test('passes over files that are none of its own', async ({ reopen, folder }) => {
    await reopen()
    await writeFile(join(folder, 'artifacts', 'lost+found'), '')
    expect((await reopen()).list()).toEqual([])
  })
})

describe('after damage on disk the store', () => {
  const damages: { name: string; damage: (artifact: StoredArtifact) => Promise<void>; held: number[] }[] = [
    {
      name: 'hashes everything when the state cannot be read',
      damage: (artifact) => writeFile(inFolder(artifact, 'state'), 'not a state'),
      held: [0, 2],
    },
    {
      name: 'hashes everything when the state is gone',
      damage: (a) => rm(inFolder(a, 'state')),
      held: [0, 2],
    },
    {
      name: 'hashes everything when the file was made shorter',
      damage: (artifact) => truncate(artifact.dataPath, 2500),
      held: [0],
    },
    {
      name: 'starts anew when the manifest cannot be read',
      damage: (artifact) => truncate(inFolder(artifact, 'manifest'), 50),
      held: [],
    },
    { name: 'holds nothing when the file is gone', damage: (artifact) => rm(artifact.dataPath), held: [] },
    {
      name: 'ignores a state that was not finished',
      damage: (artifact) => writeFile(inFolder(artifact, 'state.new'), 'half'),
      held: [0, 2],
    },
    {
      name: 'ignores a log of arrivals that is nonsense',
      damage: (artifact) => writeFile(inFolder(artifact, 'arrivals'), Buffer.alloc(1003, 0xee)),
      held: [0, 2],
    },
    {
      name: 'hashes everything when the state is that of another file',
      damage: async (artifact) =>
        rename(join(artifact.dataPath, '../../other-state'), inFolder(artifact, 'state')),
      held: [0, 2],
    },
  ]

  test.for(damages)('$name', async ({ damage, held }, { reopen, folder }) => {
    const sample = randomSample(3000, 1000)
    const store = await reopen()
    const other = await store.open(Buffer.alloc(32, 2))
    await other.setManifest(randomSample(3000, 1000).manifest)
    const artifact = await store.open(ID)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample, [0, 2])
    await store.close()
    await rename(join(other.dataPath, '../state'), join(folder, 'artifacts', 'other-state'))
    await damage(artifact)
    const again = await (await reopen()).open(ID)
    expect(heldIndexes(again)).toEqual(held)
    // Whatever happened, the rest can be written and then all of it is right.
    await again.setManifest(sample.manifest)
    await fill(again, sample)
    expect([again.complete, await again.rehash()]).toEqual([true, []])
  })
})

function inFolder(artifact: StoredArtifact, name: string): string {
  return join(artifact.dataPath, '..', name)
}

async function disposable(folder: string) {
  const opened = await openStore(folder, { log: quiet, syncIntervalMs: 20 })
  return { opened, [Symbol.asyncDispose]: () => opened.close() }
}
