// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, open, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
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

  test('says what each artifact takes, and which has lost its file', async ({ reopen }) => {
    const store = await reopen()
    const [one, other] = [await store.open(ID), await store.open(Buffer.alloc(32, 2))]
    for (const artifact of [one, other]) {
      const sample = randomSample(3_000_000, 100_000)
      await artifact.setManifest(sample.manifest)
      await fill(artifact, sample)
      await artifact.sync()
    }
    const before = await store.usage()
    expect(before.lost).toEqual([])
    expect([...before.byArtifact.values()].reduce((a, b) => a + b)).toBe(before.usedBytes)
    expect(before.byArtifact.get(one.key)).toBeGreaterThanOrEqual(3_000_000)
    await rm(one.dataPath)
    const after = await store.usage()
    expect(after.lost).toEqual([one.key])
    expect(after.usedBytes).toBeLessThan(4_000_000)
  })

  test.for<{ name: string; damage: (artifact: StoredArtifact) => Promise<void> }>([
    { name: 'deleted', damage: ({ dataPath }) => rm(dataPath) },
    {
      name: 'replaced by another of the same length',
      damage: async ({ dataPath }) => {
        await rm(dataPath)
        await writeFile(dataPath, Buffer.alloc(3000))
      },
    },
    { name: 'deleted with its folder', damage: (a) => rm(join(a.dataPath, '..'), { recursive: true }) },
  ])('an artifact whose file was $name is opened anew and takes it again', async ({ damage }, { reopen }) => {
    const store = await reopen()
    const sample = randomSample(3000, 1000)
    const before = await store.open(ID)
    await before.setManifest(sample.manifest)
    await fill(before, sample)
    await before.sync()
    await damage(before)
    expect((await store.usage()).lost).toEqual([KEY])
    const artifact = await store.reopen(ID)
    expect(store.list()).toEqual([artifact])
    expect(heldIndexes(artifact)).toEqual([])
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample)
    expect([artifact.complete, await artifact.rehash()]).toEqual([true, []])
    expect((await store.usage()).lost).toEqual([])
    // What had come before came, too: who has taken note of the counters sees what is fetched from now on.
    expect(artifact.counters.bytesFromPeers).toBe(6000)
  })

  test('remembers to the minute when an artifact was used', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    expect(Math.abs(Date.now() - artifact.usedAt)).toBeLessThan(5000)
    const inAnHour = artifact.usedAt + 3_600_000
    artifact.touch(inAnHour)
    artifact.touch(inAnHour + 59_000)
    const again = await (await reopen()).open(ID)
    expect(again.usedAt).toBe(inAnHour)
  })

  test('syncs by itself', async ({ folder }) => {
    await using store = await disposable(folder)
    const artifact = await store.opened.open(ID)
    await artifact.setManifest(randomSample(3000, 1000).manifest)
    const state = join(folder, 'artifacts', KEY, 'state')
    const before = (await stat(state, { bigint: true })).mtimeNs
    artifact.counters.bytesToPeers = 5
    await expect
      .poll(async () => (await stat(state, { bigint: true })).mtimeNs, { timeout: 5000 })
      .not.toBe(before)
  })

  test('passes over files that are none of its own', async ({ reopen, folder }) => {
    await reopen()
    await writeFile(join(folder, 'artifacts', 'lost+found'), '')
    expect((await reopen()).list()).toEqual([])
  })
})

describe('after damage on disk the store', () => {
  const damages: {
    name: string
    damage: (artifact: StoredArtifact) => Promise<void>
    held: number[]
    heldThen?: number[]
  }[] = [
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
      name: 'holds nothing when the manifest cannot be read, and all again when it has come',
      damage: (artifact) => truncate(inFolder(artifact, 'manifest'), 50),
      held: [],
      heldThen: [0, 2],
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

  test.for(damages)('$name', async ({ damage, held, heldThen = held }, { reopen, folder }) => {
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
    expect(heldIndexes(again)).toEqual(heldThen)
    await fill(again, sample)
    expect([again.complete, await again.rehash()]).toEqual([true, []])
  })
})

test('a manifest that is lost while the file is whole is made anew, without any peer', async ({ reopen }) => {
  const sample = randomSample(1_000_000, 256 * 1024)
  const artifact = await (await reopen()).open(ID)
  await artifact.setManifest(sample.manifest)
  await fill(artifact, sample)
  await artifact.sync()
  for (const loss of [
    () => rm(inFolder(artifact, 'manifest')),
    () => truncate(inFolder(artifact, 'manifest'), 9),
  ]) {
    await loss()
    const again = await (await reopen()).open(ID)
    expect([again.complete, again.manifest?.cid]).toEqual([true, sample.manifest.cid])
  }
})

test('a manifest that is lost is not made anew from bytes that are wrong', async ({ reopen }) => {
  const sample = randomSample(1_000_000, 256 * 1024)
  const artifact = await (await reopen()).open(ID)
  await artifact.setManifest(sample.manifest)
  await fill(artifact, sample)
  await (await reopen()).close()
  await rm(inFolder(artifact, 'manifest'))
  const file = await open(artifact.dataPath, 'r+')
  await file.write(Buffer.from('wrong'), 0, 5, 300_000)
  await file.close()
  const again = await (await reopen()).open(ID)
  expect(again.manifest).toBeUndefined()
  await again.setManifest(sample.manifest)
  expect(heldIndexes(again)).toEqual([0, 2, 3])
})

function inFolder(artifact: StoredArtifact, name: string): string {
  return join(artifact.dataPath, '..', name)
}

async function disposable(folder: string) {
  const opened = await openStore(folder, { log: quiet, syncIntervalMs: 20 })
  return { opened, [Symbol.asyncDispose]: () => opened.close() }
}
