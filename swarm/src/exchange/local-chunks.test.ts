// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { manifestOf } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { sha256, test } from '../store/store.fixture.ts'
import { LocalChunks } from './local-chunks.ts'

const CHUNKS = 40_000
const SIZE = 16

const ownBytes = Buffer.alloc(SIZE, 'own')

/** Digests of chunks that nobody has bytes for, but for the first. */
function manifest(digest: () => Buffer) {
  const digests = Buffer.concat([sha256(ownBytes), ...Array.from({ length: CHUNKS - 1 }, digest)])
  return manifestOf({ size: CHUNKS * SIZE, chunkSize: SIZE, digests })
}

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const same = randomBytes(32)

test.for([
  { name: 'all differ', digest: () => randomBytes(32) },
  { name: 'are the same, and not held', digest: () => same },
])('looking through 40,000 chunks that $name holds nothing up', async ({ digest }, { reopen }) => {
  const store = await reopen()
  const take = async (id: number): Promise<StoredArtifact> => {
    const artifact = await store.open(Buffer.alloc(32, id))
    await artifact.setManifest(manifest(digest))
    return artifact
  }
  const older = await take(1)
  await older.writeChunk(0, ownBytes, 'peers')
  const artifact = await take(2)
  // About 15 ms on an idle core, most of it for the index of the other artifact; a search of a search takes seconds.
  let found: number[] = []
  const ms = cpuMs(() => {
    found = new LocalChunks(artifact, artifact.manifest!, () => store.list()).find()
  })
  expect(found).toEqual([0])
  expect(ms).toBeLessThan(400)
})
