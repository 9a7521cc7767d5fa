// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, vi } from 'vitest'
import { openStore, type Store, type StoredArtifact } from '../store/index.ts'
import { smallDisk } from '../store/small-disk.fixture.ts'
import {
  fill,
  heldIndexes,
  quiet,
  readAll,
  type Sample,
  sampleOf,
  test as storeTest,
} from '../store/store.fixture.ts'
import { BufferPool } from './buffer-pool.ts'
import { LocalChunks } from './local-chunks.ts'
import { LocalCopy } from './local-copy.ts'

const SIZE = 100

const test = storeTest.extend<{ store: Store }>({
  store: async ({ reopen }, use) => use(await reopen()),
})

/** A file of chunks that are named by letters: the same letter, the same bytes; a dot is a chunk of zeros. */
function file(letters: string, lastLength = SIZE): Sample {
  const chunks = [...letters].map((letter) => Buffer.alloc(SIZE, letter === '.' ? 0 : letter))
  return sampleOf(Buffer.concat(chunks).subarray(0, (letters.length - 1) * SIZE + lastLength), SIZE)
}

let ids = 0
async function take(store: Store, sample: Sample, held: readonly number[] = []): Promise<StoredArtifact> {
  const artifact = await store.open(Buffer.alloc(32, ++ids))
  await artifact.setManifest(sample.manifest)
  await fill(artifact, sample, held)
  return artifact
}

const takeWhole = (store: Store, sample: Sample) =>
  take(store, sample, [...Array(sample.manifest.digests.length / 32).keys()])

/** What is flipped on the disk nobody has told the store. */
async function spoil(artifact: StoredArtifact, chunk: number): Promise<void> {
  await using data = await open(artifact.dataPath, 'r+')
  await data.write(Buffer.from('?'), 0, 1, chunk * artifact.manifest!.chunkSize)
}

function copyOf(artifact: StoredArtifact, store: Store) {
  const missing: number[] = []
  const doubted: StoredArtifact[] = []
  const errors: Error[] = []
  const copy = new LocalCopy({
    artifact,
    local: new LocalChunks(artifact, artifact.manifest!, () => store.list()),
    pool: new BufferPool(),
    log: quiet,
    onMissing: (chunk) => missing.push(chunk),
    onDoubt: (doubtful) => doubted.push(doubtful),
    onStoreError: (error) => errors.push(error),
  })
  const ended = () => vi.waitFor(() => expect(copy.pending).toEqual([]), { interval: 5 })
  return { copy, missing, doubted, errors, ended }
}

describe('chunks of another artifact', () => {
  test('are copied where they stand now, the rest is left to the peers', async ({ store }) => {
    const [older, newer] = [file('abcd', 40), file('axcba')]
    await takeWhole(store, older)
    const artifact = await take(store, newer)
    const { copy, missing, ended } = copyOf(artifact, store)
    expect(copy.pending).toEqual([0, 2, 3])
    copy.start()
    await ended()
    const [a, x, c, b, again] = await readAll(artifact)
    expect([a, x, c, b, again].map((chunk) => chunk?.toString('latin1', 0, 1))).toEqual([
      ...'a',
      undefined,
      ...'cba',
    ])
    expect(missing).toEqual([])
    // One that stands twice was copied once.
    expect(artifact.counters).toMatchObject({ bytesFromCache: 3 * SIZE, bytesFromPeers: 0, chunksRefused: 0 })
    expect(await artifact.rehash()).toEqual([])
  })

  test('of any two files are found if they are held, and chunks of zeros always', async ({ store }) => {
    const letters = fc.string({ unit: fc.constantFrom(...'abcd.'), minLength: 1, maxLength: 8 })
    const length = fc.constantFrom(1, 50, SIZE)
    const two = fc.record({
      older: letters,
      newer: letters,
      lengths: fc.tuple(length, length),
      held: fc.nat(8),
    })
    await fc.assert(
      fc.asyncProperty(two, async ({ older, newer, lengths, held }) => {
        const [before, after] = [file(older, lengths[0]), file(newer, lengths[1])]
        const source = await take(store, before, [held % older.length])
        const artifact = await take(store, after)
        const local = new LocalChunks(artifact, after.manifest, () => store.list())
        const chunks = [...newer].map((_, index) => after.chunk(index))
        const here = heldIndexes(source).map((index) => before.chunk(index))
        const expected = chunks.flatMap((chunk, index) => {
          const first = chunks.findIndex((other) => other.equals(chunk)) === index
          const has = chunk.every((byte) => byte === 0) || here.some((other) => other.equals(chunk))
          return first && has ? [index] : []
        })
        expect(local.find()).toEqual(expected)
        for (const { swarmId } of store.list()) await store.remove(swarmId)
      }),
      { numRuns: 25 },
    )
  })

  test('with wrong bytes on the disk are left to the peers, and that artifact is doubted once', async ({
    store,
  }) => {
    const older = await takeWhole(store, file('abcd'))
    const artifact = await take(store, file('abcx'))
    const { copy, missing, doubted, ended } = copyOf(artifact, store)
    for (const chunk of [0, 2]) await spoil(older, chunk)
    copy.start()
    await ended()
    expect([heldIndexes(artifact), missing, doubted]).toEqual([[1], [0, 2], [older]])
    expect(artifact.counters).toMatchObject({ bytesFromCache: SIZE, chunksRefused: 2 })
  })

  test('are taken from the next one that has them', async ({ store }) => {
    const first = await takeWhole(store, file('ab'))
    await takeWhole(store, file('cab'))
    const artifact = await take(store, file('abx'))
    const { copy, missing, ended } = copyOf(artifact, store)
    await spoil(first, 0)
    copy.start()
    await ended()
    expect([heldIndexes(artifact), missing]).toEqual([[0, 1], []])
  })

  test('that went away in the meantime are left to the peers', async ({ store }) => {
    const older = await takeWhole(store, file('ab'))
    const artifact = await take(store, file('bax'))
    const { copy, missing, errors, ended } = copyOf(artifact, store)
    await store.remove(older.swarmId)
    copy.start()
    await ended()
    expect([heldIndexes(artifact), missing, errors]).toEqual([[], [0, 1], []])
  })

  test('that stand elsewhere in the same file are copied within it', async ({ store }) => {
    const artifact = await takeWhole(store, file('aba'))
    await spoil(artifact, 2)
    expect(await artifact.rehash()).toEqual([2])
    const { copy, ended } = copyOf(artifact, store)
    expect(copy.pending).toEqual([2])
    copy.start()
    await ended()
    expect([artifact.complete, await artifact.rehash()]).toEqual([true, []])
  })
})

describe('copying', () => {
  test('stands still when told to and goes on where it stood', async ({ store }) => {
    const sample = file('abcdefghij')
    await takeWhole(store, sample)
    const artifact = await take(store, file('abcdefghijx'))
    const { copy, missing, ended } = copyOf(artifact, store)
    const stopListening = artifact.onHeld(() => copy.stop())
    copy.start()
    await vi.waitFor(() => expect(artifact.chunksHeld).toBeGreaterThan(0), { interval: 5 })
    await new Promise((resolve) => setTimeout(resolve, 30))
    // The other lane may have been writing.
    expect(artifact.chunksHeld).toBeLessThanOrEqual(2)
    stopListening()
    copy.start()
    copy.start()
    await ended()
    expect([artifact.chunksHeld, missing]).toEqual([10, []])
    expect(artifact.counters.bytesFromCache).toBe(10 * SIZE)
  })

  test('takes no chunk twice that a peer has sent in the meantime', async ({ store }) => {
    const sample = file('abc')
    await takeWhole(store, sample)
    const artifact = await take(store, file('abcx'))
    const { copy, ended } = copyOf(artifact, store)
    await fill(artifact, sample, [1])
    copy.start()
    await ended()
    expect(artifact.counters).toMatchObject({ bytesFromCache: 2 * SIZE, bytesFromPeers: SIZE })
  })

  test('waits for room on a full disk', async ({ folder, skip }) => {
    await using disk = await smallDisk(folder, 'size=4m', skip)
    const bytes = Buffer.concat([...'abcdefghijklmnop'].map((letter) => Buffer.alloc(65_536, letter)))
    const store = await openStore(disk.path, { log: quiet })
    await takeWhole(store, sampleOf(bytes, 65_536))
    const newer = sampleOf(Buffer.concat([bytes, Buffer.alloc(65_536, 'x')]), 65_536)
    const artifact = await take(store, newer)
    await writeFile(join(disk.path, 'ballast'), Buffer.alloc(2.5 * 1024 * 1024))
    const { copy, missing, errors, ended } = copyOf(artifact, store)
    copy.start()
    await vi.waitFor(() => expect(errors.map(({ name }) => name)).toContain('NoSpaceError'), { interval: 5 })
    expect(copy.pending.length).toBeGreaterThan(0)
    await rm(join(disk.path, 'ballast'))
    copy.start()
    await ended()
    expect([artifact.chunksHeld, missing, await artifact.rehash()]).toEqual([16, [], []])
    await store.close()
  })
})
