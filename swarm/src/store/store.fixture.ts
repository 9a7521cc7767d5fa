// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { test as base } from 'vitest'
import { createManifestBuilder } from '../manifest/builder.ts'
import { chunksOf } from '../manifest/chunks-of.fixture.ts'
import { leafLength } from '../manifest/layout.ts'
import type { Chunking, Manifest } from '../manifest/types.ts'
import { openStore } from './store.ts'
import type { Store, StoredArtifact } from './types.ts'

export const quiet = pino({ level: 'silent' })

/** A file with its manifest. */
export interface Sample {
  readonly bytes: Buffer
  readonly manifest: Manifest
  /** Hex. */
  readonly sha256: string
  chunk(index: number): Buffer
}

export function sampleOf(bytes: Buffer, chunking: number | Chunking): Sample {
  const chunks = chunksOf(bytes, chunking).map((chunk) => Buffer.from(chunk))
  const builder = createManifestBuilder(bytes.length, chunking)
  for (const chunk of chunks) builder.push(sha256(chunk), chunk.length)
  const chunk = (index: number) => chunks[index] ?? Buffer.alloc(0)
  return { bytes, manifest: builder.finish(), sha256: sha256(bytes).toString('hex'), chunk }
}

export function randomSample(size: number, chunking: number | Chunking): Sample {
  return sampleOf(randomBytes(size), chunking)
}

/** Chunks of one size, or cut by content. */
export const anyChunking = fc.oneof(
  fc.integer({ min: 100, max: 1500 }),
  fc.constant<Chunking>({ strategy: 'ContentDefined', size: 256 }),
)

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** Writes all chunks, or those named. */
export async function fill(
  artifact: StoredArtifact,
  sample: Sample,
  indexes?: readonly number[],
): Promise<void> {
  for (const index of indexes ?? [...Array(artifact.chunks).keys()]) {
    await artifact.writeChunk(index, sample.chunk(index), 'peers')
  }
}

/** What can be read of it, chunk after chunk; undefined for a chunk that is not held. */
export async function readAll(artifact: StoredArtifact): Promise<(Buffer | undefined)[]> {
  const chunks: (Buffer | undefined)[] = []
  for (let index = 0; index < artifact.chunks; index++) {
    chunks.push(artifact.has(index) ? Buffer.from(await artifact.readChunk(index)) : undefined)
  }
  return chunks
}

export function heldIndexes(artifact: StoredArtifact): number[] {
  return [...Array(artifact.chunks).keys()].filter((index) => artifact.has(index))
}

export function lengthOf(sample: Sample, indexes: readonly number[]): number {
  return indexes.reduce((sum, index) => sum + leafLength(sample.manifest, index), 0)
}

export const ID = Buffer.alloc(32, 1)

interface Fixtures {
  folder: string
  /** Opens the store in the folder again and again; the store before is closed first. */
  reopen: () => Promise<Store>
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures needed from this pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'patchswarm-store-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  reopen: async ({ folder }, use) => {
    let store: Store | undefined
    await use(async () => {
      await store?.close()
      store = await openStore(folder, { log: quiet, syncIntervalMs: 3_600_000 })
      return store
    })
    await store?.close()
  },
})
