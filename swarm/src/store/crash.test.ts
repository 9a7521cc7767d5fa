// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, vi } from 'vitest'
import { type ArtifactFiles, artifactFiles } from './artifact-files.ts'
import { CHUNK, CHUNKS, crashChunk, crashManifest, KILLED_AFTER } from './crash.fixture.ts'
import { heldIndexes, ID, readAll, test } from './store.fixture.ts'

const SCRIPT = join(import.meta.dirname, 'crash.fixture.ts')

const filesIn = (folder: string): ArtifactFiles =>
  artifactFiles(join(folder, 'artifacts', ID.toString('hex')))

/** Runs the script until it has told of enough chunks, then kills it. @returns the last index it told of */
async function killedIn(folder: string, mode: string): Promise<number> {
  const child = spawn(process.execPath, ['--conditions=source', SCRIPT, folder, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let last = -1
  for await (const line of createInterface(child.stdout)) {
    last = Number(line)
    if (last >= KILLED_AFTER) child.kill('SIGKILL')
  }
  expect((await exit)[1]).toBe('SIGKILL')
  return last
}

test('a killed process loses no chunk, and one that the disk got wrong after the last sync is not believed', async ({
  folder,
  reopen,
}) => {
  const last = await killedIn(folder, 'chunks')
  expect(last).toBeLessThan(CHUNKS - 1)
  await corrupt(folder, 30)
  const artifact = await (await reopen()).open(ID)
  const held = heldIndexes(artifact)
  // The kill may fall between a chunk and the word of it: one more may be there, never one less.
  expect(held.filter((index) => index <= last)).toEqual(range(last + 1).filter((index) => index !== 30))
  expect(held.length).toBeLessThanOrEqual(last + 2)
  for (const [index, bytes] of (await readAll(artifact)).entries()) {
    if (bytes !== undefined) expect(bytes.equals(crashChunk(index))).toBe(true)
  }
  const even = held.filter((index) => index % 2 === 0).length
  expect(artifact.counters).toMatchObject({
    bytesFromPeers: even * CHUNK,
    bytesFromCache: (held.length - even) * CHUNK,
  })
})

test('without the log of arrivals only what was synced is held', async ({ folder, reopen }) => {
  await killedIn(folder, 'chunks')
  await rm(filesIn(folder).arrivals)
  const artifact = await (await reopen()).open(ID)
  expect(heldIndexes(artifact)).toEqual(range(21))
  expect(artifact.counters).toMatchObject({ bytesFromPeers: 11 * CHUNK, bytesFromCache: 10 * CHUNK })
})

test('what was hashed again after a kill is synced at once, so that the next kill costs nothing', async ({
  folder,
  reopen,
}) => {
  const last = await killedIn(folder, 'chunks')
  await reopen()
  await rm(filesIn(folder).arrivals)
  const artifact = await (await reopen()).open(ID)
  expect(artifact.chunksHeld).toBeGreaterThanOrEqual(last + 1)
})

test('what was hashed again after a kill is on the disk before the state says so: the power may go next', async ({
  folder,
  reopen,
}) => {
  await killedIn(folder, 'chunks')
  const { data, state } = filesIn(folder)
  const before = await readFile(state)
  const stateAtSync = await watchSyncsOf(data, () => readFile(state))
  await (await reopen()).open(ID)
  expect(stateAtSync).toEqual([before])
  expect(await readFile(state)).not.toEqual(before)
})

test('a killed ingest goes on after its last whole chunk', async ({ folder, reopen }) => {
  const last = await killedIn(folder, 'ingest')
  const artifact = await (await reopen()).open(ID)
  const ingest = await artifact.beginIngest(CHUNK * CHUNKS, CHUNK)
  expect(ingest.resumeOffset).toBeGreaterThanOrEqual((last + 1) * CHUNK)
  for (let index = ingest.resumeOffset / CHUNK; index < CHUNKS; index++) await ingest.write(crashChunk(index))
  const { manifest } = await ingest.finish(undefined)
  expect(manifest.cid).toBe(crashManifest().cid)
  expect(await artifact.rehash()).toEqual([])
})

test('a killed ingest goes on before the first chunk that the disk got wrong', async ({ folder, reopen }) => {
  await killedIn(folder, 'ingest')
  await corrupt(folder, 30)
  const ingest = await (await (await reopen()).open(ID)).beginIngest(CHUNK * CHUNKS, CHUNK)
  expect(ingest.resumeOffset).toBe(30 * CHUNK)
})

async function corrupt(folder: string, index: number): Promise<void> {
  await using file = await open(filesIn(folder).data, 'r+')
  await file.write(Buffer.from('wrong'), 0, 5, index * CHUNK + 5)
}

function range(length: number): number[] {
  return [...Array(length).keys()]
}

/** What `look` saw whenever the data of the file went to the disk, from now to the end of the test. */
async function watchSyncsOf<T>(path: string, look: () => Promise<T>): Promise<T[]> {
  await using file = await open(path)
  const { ino } = await file.stat()
  const handles = Object.getPrototypeOf(file) as FileHandle
  const { datasync } = handles
  const seen: T[] = []
  const spy = vi.spyOn(handles, 'datasync').mockImplementation(async function (this: FileHandle) {
    if ((await this.stat()).ino === ino) seen.push(await look())
    return datasync.call(this)
  })
  onTestFinished(() => spy.mockRestore())
  return seen
}
