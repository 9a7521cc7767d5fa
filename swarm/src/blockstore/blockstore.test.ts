// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { unixfs } from '@helia/unixfs'
import { CID } from 'multiformats/cid'
import { code as RAW_CODE } from 'multiformats/codecs/raw'
import { expect } from 'vitest'
import { cidOf, dagOf, leafDigest } from '../manifest/index.ts'
import { fill, ID, randomSample, type Sample, sampleOf, test } from '../store/store.fixture.ts'
import type { Store } from '../store/types.ts'
import { createBlockstore, ReadOnlyBlockstoreError } from './blockstore.ts'

test.for([
  { name: 'with one level of inner nodes', sample: () => randomSample(25_000, 1000) },
  { name: 'with two', sample: () => randomSample(3000, 2) },
  {
    name: 'cut by its content',
    sample: () => randomSample(25_000, { strategy: 'ContentDefined', size: 256 }),
  },
  { name: 'of a single leaf', sample: () => randomSample(10, 1000) },
  { name: 'of zeros', sample: () => sampleOf(Buffer.alloc(5000), 1000) },
  { name: 'that is empty', sample: () => randomSample(0, 1000) },
])('the stock UnixFS reader finds the whole of a file $name', async ({ sample }, { reopen }) => {
  const store = await reopen()
  const file = sample()
  await add(store, ID, file)
  const parts: Uint8Array[] = []
  for await (const part of unixfs({ blockstore: createBlockstore(store) }).cat(
    CID.parse(file.manifest.cid),
  )) {
    parts.push(part)
  }
  expect(Buffer.concat(parts).equals(file.bytes)).toBe(true)
})

test('has the chunks that are held of an unfinished artifact, and its inner nodes, and no others', async ({
  reopen,
}) => {
  const store = await reopen()
  const file = randomSample(5000, 1000)
  await add(store, ID, file, [1, 4])
  await add(store, Buffer.alloc(32, 2), randomSample(3000, 1000))
  await store.open(Buffer.alloc(32, 3))
  const blockstore = createBlockstore(store)
  const leaves = [0, 1, 2, 3, 4].map((index) => cidOf(leafDigest(file.manifest, index), RAW_CODE))
  expect(leaves.map((cid) => blockstore.has(cid))).toEqual([false, true, false, false, true])
  expect(blockstore.has(CID.parse(file.manifest.cid))).toBe(true)
  await expect(first(blockstore.get(leaves[0]!))).rejects.toMatchObject({ name: 'NotFoundError' })
  expect(Buffer.from(await first(blockstore.get(leaves[4]!))).equals(file.chunk(4))).toBe(true)
})

test('lists every block it has', async ({ reopen }) => {
  const store = await reopen()
  const file = randomSample(5000, 1000)
  await add(store, ID, file, [1, 4])
  const blockstore = createBlockstore(store)
  const cids: string[] = []
  for await (const { cid, bytes } of blockstore.getAll()) {
    cids.push(cid.toString())
    expect((await first(bytes)).length).toBeGreaterThan(0)
  }
  const expected = [1, 4].map((index) => cidOf(leafDigest(file.manifest, index), RAW_CODE).toString())
  expect(cids).toEqual([file.manifest.cid, ...expected])
})

test('a leaf that is read is a use of its artifact and of no other', async ({ reopen }) => {
  const store = await reopen()
  const [file, other] = [randomSample(5000, 1000), randomSample(3000, 1000)]
  await add(store, ID, file)
  await add(store, Buffer.alloc(32, 2), other)
  for (const artifact of store.list()) artifact.touch(0)
  await first(createBlockstore(store).get(cidOf(leafDigest(file.manifest, 1), RAW_CODE)))
  const used = (await store.open(ID)).usedAt
  expect(Math.abs(Date.now() - used)).toBeLessThan(60_000)
  expect((await store.open(Buffer.alloc(32, 2))).usedAt).toBe(0)
})

test('forgets an artifact that was removed', async ({ reopen }) => {
  const store = await reopen()
  const file = randomSample(5000, 1000)
  await add(store, ID, file)
  const blockstore = createBlockstore(store)
  expect(blockstore.has(CID.parse(file.manifest.cid))).toBe(true)
  await store.remove(ID)
  expect(blockstore.has(CID.parse(file.manifest.cid))).toBe(false)
})

test('takes and deletes nothing', async ({ reopen }) => {
  const blockstore = createBlockstore(await reopen())
  const file = randomSample(10, 10)
  const cid = CID.parse(file.manifest.cid)
  await expect(blockstore.put(cid, file.bytes)).rejects.toThrow(ReadOnlyBlockstoreError)
  await expect(blockstore.delete(cid)).rejects.toThrow(ReadOnlyBlockstoreError)
  await expect(first(blockstore.putMany([{ cid, bytes: file.bytes }]))).rejects.toThrow(
    ReadOnlyBlockstoreError,
  )
  await expect(first(blockstore.deleteMany([cid]))).rejects.toThrow(ReadOnlyBlockstoreError)
  expect(blockstore.has(cid)).toBe(false)
})

test('knows every inner node by its CID', async ({ reopen }) => {
  const store = await reopen()
  const file = randomSample(3000, 2)
  await add(store, ID, file, [0])
  const blockstore = createBlockstore(store)
  const { blocks } = dagOf(file.manifest)
  expect(blocks.map(({ cid }) => blockstore.has(cid))).toEqual([true, true, true])
})

async function add(store: Store, id: Uint8Array, file: Sample, chunks?: number[]): Promise<void> {
  const artifact = await store.open(id)
  await artifact.setManifest(file.manifest)
  await fill(artifact, file, chunks)
}

async function first<T>(source: Iterable<T> | AsyncIterable<T>): Promise<T> {
  for await (const item of source) return item
  throw new Error('Nothing came')
}
