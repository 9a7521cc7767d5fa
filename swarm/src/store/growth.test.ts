// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { appendFile, cp, open, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { createIdentity } from '../identity/index.ts'
import { endsOf, leafDigest, type ManifestPart, manifestOf, signPart } from '../manifest/index.ts'
import { ChunkMismatchError, IngestDigestError, ManifestConflictError } from './errors.ts'
import {
  fill,
  heldIndexes,
  ID,
  quiet,
  randomSample,
  readAll,
  type Sample,
  sampleOf,
  test,
} from './store.fixture.ts'
import { openStore } from './store.ts'
import type { StoredArtifact } from './types.ts'

const CHUNK = 1000
const sample = randomSample(9500, CHUNK)
const other = randomSample(9500, CHUNK)
const seeder = createIdentity()
const membership = Buffer.from('membership of the seeder')

function part(first: number, count: number, of = sample, generation = 1) {
  const { size, chunkSize, digests } = of.manifest
  const some: ManifestPart = {
    generation,
    size,
    chunkSize,
    first,
    digests: Uint8Array.from(digests).slice(32 * first, 32 * (first + count)),
  }
  return signPart(ID, some, seeder.peerId, (bytes) => seeder.sign(bytes))
}

async function growing(artifact: StoredArtifact, leaves: number, of: Sample = sample): Promise<void> {
  await artifact.grow(of.manifest.size, CHUNK)
  artifact.addPart(part(0, leaves, of), membership)
}

const folderOf = (folder: string) => join(folder, 'artifacts', ID.toString('hex'))

/** What a process that is killed at this moment leaves, opened by the next one. */
async function afterKill(folder: string): Promise<StoredArtifact> {
  const copy = `${folder}/copy-${(await readdir(folder)).length}`
  await cp(join(folder, 'artifacts'), join(copy, 'artifacts'), { recursive: true })
  const store = await openStore(copy, { log: quiet })
  return await store.open(ID)
}

describe('a manifest that grows', () => {
  test('does not begin while a whole one is taken, or what came in between were lost', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const taken = artifact.setManifest(sample.manifest)
    await expect(artifact.grow(sample.manifest.size, CHUNK)).rejects.toThrow(ManifestConflictError)
    await taken
  })

  test('lets chunks in whose digest is known, and no others', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    expect([artifact.chunks, artifact.chunksHeld, artifact.complete]).toEqual([10, 0, false])
    await fill(artifact, sample, [2, 0])
    expect([heldIndexes(artifact), artifact.bytesHeld]).toEqual([[0, 2], 2 * CHUNK])
    await expect(fill(artifact, sample, [5])).rejects.toThrow(ChunkMismatchError)
    artifact.addPart(part(5, 5), membership)
    await fill(artifact, sample, [5, 9])
    expect(artifact.bytesHeld).toBe(3 * CHUNK + 500)
  })

  test('is there after a stop, with what is held and who signed it', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    artifact.addPart(part(6, 1), membership)
    await fill(artifact, sample, [1, 6])
    const again = await (await reopen()).open(ID)
    expect(heldIndexes(again)).toEqual([1, 6])
    expect(again.growing?.parts).toEqual([part(0, 4), part(6, 1)])
    expect([...again.signers]).toEqual([[seeder.peerId, new Uint8Array(membership)]])
    expect(again.counters.bytesFromPeers).toBe(2 * CHUNK)
  })

  test('is there after a kill, and no chunk need be fetched again', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    await fill(artifact, sample, [0])
    await artifact.sync()
    artifact.addPart(part(4, 2), membership)
    await fill(artifact, sample, [3, 5])
    const again = await afterKill(folder)
    expect(heldIndexes(again)).toEqual([0, 3, 5])
    expect((await readAll(again))[5]).toEqual(sample.chunk(5))
  })

  test('counts every chunk by its source, also when the kill came between a chunk and its note', async ({
    folder,
    reopen,
  }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    await fill(artifact, sample, [0])
    const data = await open(join(folderOf(folder), 'data'), 'r+')
    await data.write(sample.chunk(1), 0, CHUNK, CHUNK)
    await data.close()
    const again = await afterKill(folder)
    expect([again.bytesHeld, again.counters.bytesFromPeers]).toEqual([CHUNK, CHUNK])
  })

  test('loses no more to a torn end of its log than the chunks it spoke of', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    artifact.addPart(part(4, 2), membership)
    await fill(artifact, sample, [3, 5])
    await (await reopen()).close()
    const path = join(folderOf(folder), 'parts')
    await truncate(path, (await stat(path)).size - 3)
    const torn = await (await reopen()).open(ID)
    expect(heldIndexes(torn)).toEqual([3])
    torn.addPart(part(4, 3), membership)
    await fill(torn, sample, [6])
    await (await reopen()).close()
    await appendFile(path, 'half a record')
    expect(heldIndexes(await (await reopen()).open(ID))).toEqual([3, 6])
  })

  test('becomes the manifest, and what is held stays held', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 10)
    await fill(artifact, sample, [0, 7])
    await Promise.all([artifact.setManifest(sample.manifest), fill(artifact, sample, [8])])
    expect([heldIndexes(artifact), artifact.growing]).toEqual([[0, 7, 8], undefined])
    expect(await readdir(folderOf(folder))).not.toContain('parts')
    await fill(artifact, sample, [1, 2, 3, 4, 5, 6, 9])
    expect(artifact.complete).toBe(true)
    expect((await (await reopen()).open(ID)).complete).toBe(true)
  })

  test('is no reason to keep chunks that the manifest gives other digests', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const bytes = Buffer.concat([other.bytes.subarray(0, 3 * CHUNK), sample.bytes.subarray(3 * CHUNK)])
    const mixed = { ...sample, chunk: (i: number) => bytes.subarray(i * CHUNK, (i + 1) * CHUNK) }
    await growing(artifact, 3, other)
    artifact.addPart(part(3, 7), membership)
    await fill(artifact, mixed, [1, 2, 3])
    await artifact.setManifest(sample.manifest)
    expect(heldIndexes(artifact)).toEqual([3])
  })

  test('is no reason to keep chunks that stand elsewhere in the manifest', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const same = sampleOf(Buffer.alloc(9500, 7), CHUNK)
    await growing(artifact, 2, same)
    await fill(artifact, same, [0])
    expect(heldIndexes(artifact)).toEqual([0, 1])
    const [digest, last] = [leafDigest(same.manifest, 1), Buffer.alloc(32)]
    const ends = endsOf([500, ...Array(9).fill(CHUNK)])
    const digests = Buffer.concat([last, ...Array(9).fill(digest)])
    await artifact.setManifest(manifestOf({ size: 9500, chunkSize: CHUNK, ends, digests }))
    expect(heldIndexes(artifact)).toEqual([])
  })

  test('drops what a later generation gives another digest', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    await fill(artifact, sample, [1, 2])
    const { known, lost } = artifact.addPart(part(2, 3, other, 2), membership)
    expect([known, lost, heldIndexes(artifact)]).toEqual([[4], [2], [1]])
  })

  test('drops that also when the bytes are just being written', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    const written = artifact.writeChunk(2, sample.chunk(2), 'peers')
    artifact.addPart(part(2, 3, other, 2), membership)
    expect([await written, heldIndexes(artifact)]).toEqual([[], []])
    expect(artifact.counters.bytesFromPeers).toBe(0)
  })

  test('drops that also when it is killed before the next sync', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    await fill(artifact, sample, [1, 2])
    await artifact.sync()
    artifact.addPart(part(2, 2, other, 2), membership)
    await fill(artifact, other, [3])
    const again = await afterKill(folder)
    expect(heldIndexes(again)).toEqual([1, 3])
    expect([await again.rehash(), again.bytesHeld]).toEqual([[], 2 * CHUNK])
  })

  test.for([true, false])(
    'that comes at the same moment as the manifest gives way to it',
    async (first, { reopen }) => {
      const artifact = await (await reopen()).open(ID)
      const manifest = () => artifact.setManifest(sample.manifest)
      const grows = () =>
        artifact.grow(9500, CHUNK).catch((error) => expect(error).toBeInstanceOf(ManifestConflictError))
      await Promise.all(first ? [grows(), manifest()] : [manifest(), grows()])
      expect([artifact.manifest, artifact.growing]).toEqual([sample.manifest, undefined])
      await fill(artifact, sample)
      expect(artifact.complete).toBe(true)
    },
  )

  test('is given up with all its chunks, also when one is just being written', async ({ folder, reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    await fill(artifact, sample, [1])
    await Promise.all([fill(artifact, sample, [2]), artifact.discardGrowth()])
    expect([artifact.chunks, artifact.bytesHeld, artifact.growing]).toEqual([0, 0, undefined])
    expect(heldIndexes(await afterKill(folder))).toEqual([])
    await growing(artifact, 4, other)
    await fill(artifact, other, [0])
    expect(heldIndexes(artifact)).toEqual([0])
  })

  test('of another size begins anew', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await growing(artifact, 4)
    await fill(artifact, sample, [1])
    await artifact.grow(500, CHUNK)
    expect([artifact.chunks, artifact.chunksHeld]).toEqual([1, 0])
  })

  test('is no more to be had beside a manifest', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await expect(artifact.grow(9500, CHUNK)).rejects.toThrow(ManifestConflictError)
  })
})

describe('an ingest of a file whose size is known', () => {
  test('gives each chunk as soon as it is read', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const seen: number[] = []
    artifact.onHeld((indexes) => seen.push(...indexes))
    const ingest = await artifact.beginIngest(9500, CHUNK)
    await ingest.write(sample.bytes.subarray(0, 3500))
    await vi.waitFor(() => expect(seen).toEqual([0, 1, 2]))
    expect([heldIndexes(artifact), artifact.complete]).toEqual([[0, 1, 2], false])
    expect(await artifact.readChunk(2)).toEqual(sample.chunk(2))
    expect(artifact.growing?.isKnown(3)).toBe(false)
    await ingest.write(sample.bytes.subarray(3500))
    await ingest.finish(sample.sha256)
    expect([artifact.complete, artifact.growing, artifact.manifest]).toEqual([
      true,
      undefined,
      sample.manifest,
    ])
  })

  test('that goes on after a stop has what it had', async ({ reopen }) => {
    const before = await (await reopen()).open(ID)
    const begun = await before.beginIngest(9500, CHUNK)
    await begun.write(sample.bytes.subarray(0, 3500))
    const first = before.growing?.generation ?? 0
    const artifact = await (await reopen()).open(ID)
    expect(heldIndexes(artifact)).toEqual([])
    await artifact.beginIngest(9500, CHUNK)
    expect(heldIndexes(artifact)).toEqual([0, 1, 2])
    expect(artifact.growing?.generation).toBeGreaterThan(first)
  })

  test('that turns out wrong leaves nothing', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(9500, CHUNK)
    await ingest.write(other.bytes)
    await expect(ingest.finish(sample.sha256)).rejects.toThrow(IngestDigestError)
    expect([heldIndexes(artifact), artifact.growing]).toEqual([[], undefined])
  })
})
