// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { existsSync } from 'node:fs'
import fs, { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver } from '../delivery/deliver.ts'
import { openJournal } from '../delivery/journal.ts'
import { DyingDisk } from './dying-disk.fixture.ts'
import { heldIndexes, quiet, randomSample, readAll, type Sample } from './store.fixture.ts'
import { openStore } from './store.ts'
import type { Store, StoredArtifact } from './types.ts'

const disk = new DyingDisk()
const real = { ...fs }
/** For modules that were imported before, too: unit tests share them. */
const change = (to: typeof fs) => {
  Object.assign(fs, to)
  syncBuiltinESMExports()
}
beforeAll(() => change(disk.wrap(real)))
afterAll(() => change(real))

const ID = Buffer.alloc(32, 1)
const sample = randomSample(2500, 1000)
/** Syncs cost nothing in memory, and a killed process leaves the same there. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const digest = `sha256:${sample.sha256}`

/** What a life leaves for the next one to check. */
interface Memory {
  /** Chunks whose sync was over. */
  synced: number[]
  /** The artifact was given up, or about to be. */
  removing: boolean
  delivered: boolean
}

type Life = (store: Store, memory: Memory, folder: string) => Promise<void>

const fetchAll: Life = async (store, memory) => {
  const artifact = await store.open(ID)
  await artifact.setManifest(sample.manifest)
  for (let index = 0; index < artifact.chunks; index++) {
    if (!artifact.has(index)) await artifact.writeChunk(index, sample.chunk(index), 'peers')
    if (index % 2 === 1) {
      const held = heldIndexes(artifact)
      await artifact.sync()
      memory.synced = held
    }
  }
  const held = heldIndexes(artifact)
  await artifact.sync()
  memory.synced = held
}

const evict: Life = async (store, memory) => {
  const artifact = await store.open(ID)
  await artifact.setManifest(sample.manifest)
  for (let index = 0; index < artifact.chunks; index++) {
    await artifact.writeChunk(index, sample.chunk(index), 'peers')
  }
  memory.removing = true
  await store.remove(ID)
}

const ingest: Life = async (store, memory) => {
  const artifact = await store.open(ID)
  if (artifact.complete) return
  const writer = await artifact.beginIngest(sample.bytes.length, 1000)
  await writer.write(sample.bytes.subarray(writer.resumeOffset))
  await writer.finish(sample.sha256)
  memory.synced = heldIndexes(artifact)
}

const bring: Life = async (store, memory, folder) => {
  await fetchAll(store, memory, folder)
  const artifact = await store.open(ID)
  const journal = await openJournal(join(folder, 'deliveries.json'), quiet)
  const { dataPath } = artifact
  const { length: size } = sample.bytes
  const roots = new Map([['/srv', join(folder, 'root')]])
  await deliver({
    id: 'a/b',
    dataPath,
    size,
    digest,
    roots,
    directory: '/srv/x',
    fileName: 'f',
    mode: 0o600,
    journal,
  })
  memory.delivered = true
}

const lives: Record<string, Life> = {
  'fetches chunk by chunk': fetchAll,
  'gives an artifact up': evict,
  'reads an origin': ingest,
  delivers: bring,
}

describe.for(Object.entries(lives))('a process that %s', ([, life]) => {
  test('may be killed at every moment: what was synced is there, what is there is right, the rest can be had', async () => {
    let steps = 0
    for (let after = 0; ; after++) {
      const folder = await mkdtemp(join(base, 'patchswarm-moment-'))
      try {
        if (await survived(folder, life, after)) break
        steps += 1
      } finally {
        await disk.live()
        await rm(folder, { recursive: true, force: true })
      }
    }
    // So that the test cannot pass because the disk never died.
    expect(steps).toBeGreaterThan(8)
  })
})

test('a file that was made shorter is found out whenever the process that looks at it is killed', async () => {
  for (let after = 0, over = false; !over; after++) {
    const folder = await mkdtemp(join(base, 'patchswarm-moment-'))
    const store = await openStore(folder, { log: quiet, syncIntervalMs: 3_600_000 })
    await fetchAll(store, { synced: [], removing: false, delivered: false }, folder)
    const { dataPath } = await store.open(ID)
    await store.close()
    await fs.truncate(dataPath, 1500)
    disk.dieAfter(after)
    const first = openStore(folder, { log: quiet, syncIntervalMs: 3_600_000 })
    over = await Promise.race([first.then(() => true), disk.died.then(() => false)])
    await disk.live()
    const next = await openStore(folder, { log: quiet, syncIntervalMs: 3_600_000 })
    expect(heldIndexes(await next.open(ID))).toEqual([0])
    await next.close()
    await rm(folder, { recursive: true })
  }
})

/** One life that ends after so many operations, and the next. @returns whether the first was over before */
async function survived(folder: string, life: Life, after: number): Promise<boolean> {
  const memory: Memory = { synced: [], removing: false, delivered: false }
  await mkdir(join(folder, 'root'))
  disk.dieAfter(after)
  const first = openStore(folder, { log: quiet, syncIntervalMs: 3_600_000 }).then((store) =>
    life(store, memory, folder),
  )
  const over = await Promise.race([first.then(() => true), disk.died.then(() => false)])
  await disk.live()

  const store = await openStore(folder, { log: quiet, syncIntervalMs: 3_600_000 })
  try {
    const artifact = await store.open(ID)
    await expectRight(artifact, sample)
    if (!memory.removing) expect(heldIndexes(artifact)).toEqual(expect.arrayContaining(memory.synced))
    await expectOldOrNew(folder, memory.delivered)
    // The next life does the same and comes to its end.
    const next: Memory = { synced: [], removing: false, delivered: false }
    await life(store, next, folder)
    const again = await store.open(ID)
    if (next.removing) expect(again.chunksHeld).toBe(0)
    else expect([again.complete, await again.rehash()]).toEqual([true, []])
    if (next.delivered) await expectOldOrNew(folder, true)
    // Nothing is left of what was being written or given up.
    expect(await readdir(join(folder, 'artifacts'))).toEqual([again.key])
    // Every byte of a peer counts once; of an origin the last chunk that was not whole may come again.
    expect(again.counters.bytesFromPeers).toBeLessThanOrEqual(sample.bytes.length)
  } finally {
    await store.close()
  }
  return over
}

async function expectRight(artifact: StoredArtifact, { chunk }: Sample): Promise<void> {
  for (const [index, bytes] of (await readAll(artifact)).entries()) {
    if (bytes !== undefined) expect(bytes.equals(chunk(index))).toBe(true)
  }
}

/** Under the name lies nothing or the whole, whatever lies beside it. */
async function expectOldOrNew(folder: string, there: boolean): Promise<void> {
  const bytes = await readFile(join(folder, 'root', 'x', 'f')).catch(() => undefined)
  if (bytes !== undefined || there) expect(bytes?.equals(sample.bytes)).toBe(true)
}
