// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Run as a process of its own by crash.test.ts, which kills it: writes chunks, says on standard output what it has
// done, and goes on until it dies. Arguments: folder, what to do.
import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { createManifestBuilder } from '../manifest/builder.ts'
import { openStore } from './store.ts'

export const CHUNK = 64 * 1024
export const CHUNKS = 400
/** The chunk after which the parent kills. */
export const KILLED_AFTER = 60
/** The file's content follows from the index of the chunk, so that both processes know it. */
export function crashChunk(index: number): Buffer {
  return Buffer.alloc(CHUNK, createHash('sha256').update(`chunk ${index}`).digest())
}

export function crashManifest() {
  const builder = createManifestBuilder(CHUNK * CHUNKS, CHUNK)
  for (let index = 0; index < CHUNKS; index++) {
    builder.push(createHash('sha256').update(crashChunk(index)).digest())
  }
  return builder.finish()
}

const SYNCED = 20

const tell = (index: number): boolean => process.stdout.write(`${index}\n`)

/** Fast at first, then slow enough that the kill comes before the end on a busy machine too. */
async function pause(index: number): Promise<void> {
  if (index >= KILLED_AFTER) await setTimeout(10)
}

async function writeChunks(folder: string): Promise<void> {
  const store = await openStore(folder, { log: pino({ level: 'silent' }), syncIntervalMs: 3_600_000 })
  const artifact = await store.open(Buffer.alloc(32, 1))
  await artifact.setManifest(crashManifest())
  for (let index = 0; index < CHUNKS; index++) {
    await artifact.writeChunk(index, crashChunk(index), index % 2 === 0 ? 'peers' : 'cache')
    tell(index)
    await pause(index)
    if (index === SYNCED) await artifact.sync()
  }
}

async function ingest(folder: string): Promise<void> {
  const store = await openStore(folder, { log: pino({ level: 'silent' }) })
  const artifact = await store.open(Buffer.alloc(32, 1))
  const writer = await artifact.beginIngest(CHUNK * CHUNKS, CHUNK)
  artifact.onHeld((indexes) => indexes.forEach(tell))
  for (let index = 0; index < CHUNKS; index++) {
    // Odd pieces, so that a chunk is seldom whole when the kill comes.
    await writer.write(crashChunk(index).subarray(0, 1000))
    await writer.write(crashChunk(index).subarray(1000))
    await pause(index)
  }
}

const [, script, folder, mode] = process.argv
if (script === import.meta.filename && folder !== undefined) {
  await (mode === 'ingest' ? ingest(folder) : writeChunks(folder))
}
