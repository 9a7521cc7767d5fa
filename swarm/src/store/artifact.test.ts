// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cp, open, rm } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { leafDigest } from '../manifest/manifest.ts'
import {
  ArtifactClosedError,
  ChunkMismatchError,
  ChunkMissingError,
  ManifestConflictError,
  ManifestMissingError,
} from './errors.ts'
import {
  anyChunking,
  fill,
  heldIndexes,
  ID,
  lengthOf,
  quiet,
  randomSample,
  readAll,
  sampleOf,
  test,
} from './store.fixture.ts'
import { openStore } from './store.ts'

describe('writing chunks', () => {
  test('in any order gives the file back, after a restart too', async ({ reopen }) => {
    const files = fc.record({
      size: fc.nat(4000),
      chunking: anyChunking,
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(files, fc.infiniteStream(fc.nat()), async ({ size, chunking }, order) => {
        const sample = randomSample(size, chunking)
        const id = Buffer.alloc(32, ++run)
        const artifact = await (await reopen()).open(id)
        await artifact.setManifest(sample.manifest)
        const rest = [...Array(artifact.chunks).keys()]
        while (rest.length > 0) {
          const [index] = rest.splice(order.next().value % rest.length, 1)
          expect(artifact.complete).toBe(false)
          await fill(artifact, sample, [index!])
          expect(artifact.bytesHeld).toBe(lengthOf(sample, heldIndexes(artifact)))
        }
        const again = await (await reopen()).open(id)
        expect(again.complete).toBe(true)
        expect(again.bytesHeld).toBe(size)
        expect(Buffer.concat((await readAll(again)) as Buffer[]).equals(sample.bytes)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  test('counts what is held by its true length, the short last chunk included', async ({ reopen }) => {
    const sample = randomSample(2050, 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample, [2])
    expect([artifact.bytesHeld, artifact.chunksHeld, artifact.chunks]).toEqual([50, 1, 3])
    await fill(artifact, sample, [0])
    expect([artifact.bytesHeld, artifact.chunkLength(2)]).toEqual([1050, 50])
    expect([...artifact.bitmap()]).toEqual([0b101])
  })

  test('writes a chunk at every offset of its digest and counts it once', async ({ reopen }) => {
    const [a, b] = [Buffer.alloc(100, 'a'), Buffer.alloc(100, 'b')]
    const sample = sampleOf(Buffer.concat([a, b, a, a]), 100)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    const heard: number[][] = []
    artifact.onHeld((indexes) => heard.push([...indexes]))
    expect(await artifact.writeChunk(2, a, 'peers')).toEqual([2, 0, 3])
    expect(await artifact.writeChunk(0, a, 'peers')).toEqual([])
    expect(await artifact.writeChunk(1, b, 'cache')).toEqual([1])
    expect(heard).toEqual([[2, 0, 3], [1]])
    expect(artifact.counters).toMatchObject({ bytesFromPeers: 100, bytesFromCache: 100 })
    expect(artifact.find(leafDigest(sample.manifest, 0))).toEqual([0, 2, 3])
    expect(Buffer.concat((await readAll(artifact)) as Buffer[]).equals(sample.bytes)).toBe(true)
  })

  test('needs one chunk for a whole file of zeros', async ({ reopen }) => {
    const sample = sampleOf(Buffer.alloc(64 * 1000), 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    expect(await artifact.writeChunk(17, sample.chunk(17), 'peers')).toHaveLength(64)
    expect(artifact.complete).toBe(true)
    const again = await (await reopen()).open(ID)
    expect([again.complete, again.counters.bytesFromPeers]).toEqual([true, 1000])
  })

  test('twice at once counts once', async ({ reopen }) => {
    const sample = randomSample(1000, 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await Promise.all([fill(artifact, sample), fill(artifact, sample)])
    expect(artifact.counters.bytesFromPeers).toBe(1000)
  })

  test.for([
    {
      name: 'a flipped bit',
      damage: (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at ? byte : byte ^ 1))),
    },
    { name: 'a missing byte', damage: (bytes: Buffer) => bytes.subarray(1) },
    { name: 'a byte too many', damage: (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]) },
  ])('refuses $name, counts it and keeps nothing of it', async ({ damage }, { reopen }) => {
    const sample = randomSample(2000, 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await expect(artifact.writeChunk(1, damage(sample.chunk(1)), 'peers')).rejects.toThrow(ChunkMismatchError)
    expect(artifact.has(1)).toBe(false)
    expect(artifact.counters).toMatchObject({ chunksVerified: 0, chunksRefused: 1, bytesFromPeers: 0 })
  })

  test("refuses another file of the origin, too, and takes it for nobody else's fault", async ({
    reopen,
  }) => {
    const [sample, other] = [randomSample(2000, 1000), randomSample(2000, 1000)]
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await expect(artifact.writeChunk(1, other.chunk(1), 'origin')).rejects.toThrow(ChunkMismatchError)
    expect([artifact.has(1), artifact.counters.chunksRefused]).toEqual([false, 0])
  })

  test('asks for the manifest first', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await expect(artifact.writeChunk(0, Buffer.alloc(1), 'peers')).rejects.toThrow(ManifestMissingError)
    expect([artifact.complete, artifact.chunks, artifact.bytesHeld]).toEqual([false, 0, 0])
  })
})

describe('the manifest', () => {
  test('may come from two peers at once without losing a chunk', async ({ reopen }) => {
    const sample = randomSample(3000, 1000)
    const artifact = await (await reopen()).open(ID)
    const second = artifact.setManifest(sample.manifest)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample, [0])
    await second
    expect(artifact.has(0)).toBe(true)
  })

  test('may come while the store syncs', async ({ reopen }) => {
    const store = await reopen()
    for (let run = 0; run < 20; run++) {
      const artifact = await store.open(Buffer.alloc(32, run))
      artifact.counters.originBytesRead = 1
      const syncs = [
        artifact.sync(),
        artifact.setManifest(randomSample(3000, 1000).manifest),
        artifact.sync(),
      ]
      await expect(Promise.all(syncs)).resolves.toBeDefined()
    }
  })

  test('is not replaced by another one', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(randomSample(3000, 1000).manifest)
    await expect(artifact.setManifest(randomSample(3000, 1000).manifest)).rejects.toThrow(
      ManifestConflictError,
    )
  })
})

describe('reading chunks', () => {
  test('tells of one that is not held', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(randomSample(3000, 1000).manifest)
    await expect(artifact.readChunk(0)).rejects.toThrow(ChunkMissingError)
    await expect(artifact.readChunk(99)).rejects.toThrow(ChunkMissingError)
  })

  test('does not hash: a byte flipped on disk goes out and is found by rehash, which drops the chunk for good', async ({
    reopen,
  }) => {
    const sample = randomSample(3000, 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample)
    await flipByte(artifact.dataPath, 1500)
    expect(Buffer.from(await artifact.readChunk(1)).equals(sample.chunk(1))).toBe(false)
    expect(await artifact.rehash()).toEqual([1])
    await expect(artifact.readChunk(1)).rejects.toThrow(ChunkMissingError)
    const again = await (await reopen()).open(ID)
    expect(heldIndexes(again)).toEqual([0, 2])
    expect(again.bytesHeld).toBe(lengthOf(sample, [0, 2]))
  })

  test('fails after the artifact was closed', async ({ reopen }) => {
    const store = await reopen()
    const artifact = await store.open(ID)
    await store.close()
    await expect(artifact.readChunk(0)).rejects.toThrow(ArtifactClosedError)
    await expect(artifact.setManifest(randomSample(1, 1).manifest)).rejects.toThrow(ArtifactClosedError)
  })
})

async function flipByte(path: string, at: number): Promise<void> {
  await using file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  byte[0]! ^= 1
  await file.write(byte, 0, 1, at)
}

test('chunks written while a sync runs are held after a restart without a sync of their own', async ({
  reopen,
  folder,
}) => {
  const sample = randomSample(20_000, 100)
  const artifact = await (await reopen()).open(ID)
  await artifact.setManifest(sample.manifest)
  const syncs: Promise<void>[] = []
  for (let index = 0; index < artifact.chunks; index++) {
    const write = artifact.writeChunk(index, sample.chunk(index), 'peers')
    if (index % 10 === 0) syncs.push(artifact.sync())
    await write
  }
  await Promise.all(syncs)
  // A copy is what a kill leaves: nothing was closed.
  await cp(folder, `${folder}-killed`, { recursive: true })
  const killed = await openStore(`${folder}-killed`, { log: quiet })
  try {
    const again = await killed.open(ID)
    expect([again.complete, again.counters.bytesFromPeers]).toEqual([true, 20_000])
  } finally {
    await killed.close()
    await rm(`${folder}-killed`, { recursive: true })
  }
})
