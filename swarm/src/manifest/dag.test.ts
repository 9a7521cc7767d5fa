// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { unixfs } from '@helia/unixfs'
import { decode } from '@ipld/dag-pb'
import fc from 'fast-check'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import { createManifestBuilder } from './builder.ts'
import { chunksOf } from './chunks-of.fixture.ts'
import { ctrStream } from './ctr-stream.fixture.ts'
import { dagOf } from './dag.ts'
import { leafCount } from './layout.ts'
import type { Chunking, Manifest } from './types.ts'

interface Vector {
  size: number
  chunkSize: number
  sha256: string
  cid: string
}
const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../../../test/vectors/cids.json', import.meta.url), 'utf8'),
).vectors
const MIB = 1024 * 1024
const GIB = 1024 * MIB

describe('the root CID is the one that Kubo computed', () => {
  test.for(vectors.filter(({ size }) => size < GIB))('of $size bytes in chunks of $chunkSize', (vector) => {
    const bytes = ctrStream()(vector.size)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(vector.sha256)
    expect(manifestOfBytes(bytes, vector.chunkSize).cid).toBe(vector.cid)
  })

  test('of 1 GiB, a full node of 1024 links, and of one byte more, which needs another level', {
    timeout: 60_000,
  }, () => {
    const [full, more] = vectors.filter(({ size }) => size >= GIB)
    const next = ctrStream()
    const whole = createHash('sha256')
    const digests: Buffer[] = []
    for (let offset = 0; offset < GIB; offset += MIB) {
      const chunk = next(MIB)
      whole.update(chunk)
      digests.push(hash('sha256', chunk, 'buffer'))
    }
    expect({ sha256: whole.copy().digest('hex'), cid: cidOfLeaves(GIB, digests) }).toEqual({
      sha256: full!.sha256,
      cid: full!.cid,
    })
    const last = next(1)
    digests.push(hash('sha256', last, 'buffer'))
    expect({ sha256: whole.update(last).digest('hex'), cid: cidOfLeaves(GIB + 1, digests) }).toEqual({
      sha256: more!.sha256,
      cid: more!.cid,
    })
  })
})

describe('the root CID is the one that ipfs-unixfs-importer computes', () => {
  test.for([
    { name: 'of zeros, where all chunks share one CID', size: 2500, chunkSize: 1 },
    { name: 'of zeros with a short last chunk', size: 7 * MIB + 5, chunkSize: MIB },
    { name: 'of zeros that are one chunk exactly', size: MIB, chunkSize: MIB },
  ])('$name', async ({ size, chunkSize }) => {
    const zeros = Buffer.alloc(size)
    expect(manifestOfBytes(zeros, chunkSize).cid).toBe(await importedCid(zeros, chunkSize))
  })

  test('of files cut by their content into one to a thousand chunks and more', async () => {
    const contentDefined = { strategy: 'ContentDefined', size: 256 } as const
    const sizes = [0, 1, 63, 1000, 20_000, 400_000]
    for (const size of sizes) {
      const bytes = ctrStream()(size)
      expect(manifestOfBytes(bytes, contentDefined).cid).toBe(await importedCid(bytes, contentDefined))
    }
    expect(leafCount(manifestOfBytes(ctrStream()(400_000), contentDefined))).toBeGreaterThan(1024)
  })

  test('of random files that need one to three levels', async () => {
    const files = fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      chunkSize: fc.integer({ min: 1, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(files, async ({ bytes, chunkSize }) => {
        expect(manifestOfBytes(bytes, chunkSize).cid).toBe(await importedCid(bytes, chunkSize))
      }),
      { numRuns: 15 },
    )
  })
})

test('gives the inner blocks under their own CIDs, children first, each saying how many bytes lie below it', () => {
  const manifest = manifestOfBytes(Buffer.alloc(2 * 1024 * 3 + 1, 7), 3)
  const { root, blocks } = dagOf(manifest)
  expect(blocks.map(({ bytes }) => decode(bytes).Links.length)).toEqual([1024, 1024, 1, 3])
  for (const { cid, bytes } of blocks) {
    expect(Buffer.from(cid.multihash.digest).equals(hash('sha256', bytes, 'buffer'))).toBe(true)
  }
  expect(blocks.at(-1)?.cid.equals(root)).toBe(true)
  const sizes = blocks.map(({ bytes }) => UnixFS.unmarshal(decode(bytes).Data!).fileSize())
  expect(sizes).toEqual([3072n, 3072n, 1n, 6145n])
})

test('has no inner block when the file is a single leaf', () => {
  expect(dagOf(manifestOfBytes(Buffer.from('short'), MIB)).blocks).toEqual([])
})

function manifestOfBytes(bytes: Uint8Array, chunking: number | Chunking): Manifest {
  const builder = createManifestBuilder(bytes.length, chunking)
  for (const chunk of chunksOf(bytes, chunking)) builder.push(hash('sha256', chunk, 'buffer'), chunk.length)
  return builder.finish()
}

function cidOfLeaves(size: number, digests: readonly Uint8Array[]): string {
  return dagOf({ size, chunkSize: MIB, digests: Buffer.concat(digests) }).root.toString()
}

/** What the stock importer says, with the settings of Kubo's `--cid-version=1 --raw-leaves --max-file-links=1024`. */
async function importedCid(bytes: Uint8Array, chunking: number | Chunking): Promise<string> {
  const blockstore = {
    put: (cid: CID) => cid,
    has: () => false,
    // biome-ignore lint/correctness/useYield: nothing is read back while a file is added.
    async *get(): AsyncGenerator<Uint8Array> {
      throw new Error('not needed')
    },
  }
  async function* chunker(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const parts: Uint8Array[] = []
    for await (const part of source) parts.push(part)
    yield* chunksOf(Buffer.concat(parts), chunking)
  }
  return (await unixfs({ blockstore }).addBytes(bytes, { chunker })).toString()
}
