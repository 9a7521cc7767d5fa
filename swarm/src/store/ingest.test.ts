// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { cutsOf } from '../manifest/chunks-of.fixture.ts'
import { ArtifactClosedError, IngestDigestError, IngestSizeError, ManifestConflictError } from './errors.ts'
import { anyChunking, ID, randomSample, readAll, test } from './store.fixture.ts'

describe('an ingest', () => {
  test('of pieces of any length, closed and taken up at any time, gives manifest, digest and file', async ({
    reopen,
  }) => {
    const files = fc.record({
      size: fc.nat(5000),
      chunking: anyChunking,
      announced: fc.boolean(),
      pieces: fc.array(fc.record({ length: fc.integer({ min: 1, max: 2000 }), close: fc.boolean() }), {
        minLength: 1,
        maxLength: 8,
      }),
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(files, async ({ size, chunking, announced, pieces }) => {
        const sample = randomSample(size, chunking)
        const cuts = cutsOf(sample.bytes, chunking)
        const artifact = await (await reopen()).open(Buffer.alloc(32, ++run))
        const begin = () => artifact.beginIngest(announced ? size : undefined, chunking)
        let ingest = await begin()
        for (let step = 0; ingest.offset < size; step++) {
          const { length, close } = pieces[step % pieces.length]!
          await ingest.write(sample.bytes.subarray(ingest.offset, ingest.offset + length))
          if (!close || step >= pieces.length) continue
          const before = ingest.offset
          await ingest.close()
          ingest = await begin()
          expect(ingest.resumeOffset).toBe(cuts.findLast((cut) => cut <= before) ?? 0)
        }
        const { manifest, sha256 } = await ingest.finish(sample.sha256)
        expect([manifest.cid, sha256]).toEqual([sample.manifest.cid, sample.sha256])
        expect(artifact.complete).toBe(true)
        expect(Buffer.concat((await readAll(artifact)) as Buffer[]).equals(sample.bytes)).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('leaves a complete artifact that is complete after a restart too', async ({ reopen }) => {
    const sample = randomSample(2500, 1000)
    const artifact = await (await reopen()).open(ID)
    const heard: number[] = []
    artifact.onHeld((indexes) => heard.push(...indexes))
    const ingest = await artifact.beginIngest(2500, 1000)
    await ingest.write(sample.bytes)
    await ingest.finish(sample.sha256)
    expect(heard).toEqual([0, 1, 2])
    const again = await (await reopen()).open(ID)
    expect([again.complete, again.manifest?.cid]).toEqual([true, sample.manifest.cid])
    expect(again.counters).toMatchObject({ bytesFromOrigin: 2500, originBytesRead: 2500 })
    await expect(again.beginIngest(2500, 1000)).rejects.toThrow(ManifestConflictError)
  })

  test('with another digest than expected is given up and leaves nothing', async ({ reopen }) => {
    const sample = randomSample(2500, 1000)
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(2500, 1000)
    await ingest.write(sample.bytes)
    await expect(ingest.finish('00'.repeat(32))).rejects.toThrow(IngestDigestError)
    expect([artifact.complete, artifact.manifest]).toEqual([false, undefined])
    expect((await stat(artifact.dataPath)).size).toBe(0)
    expect((await artifact.beginIngest(2500, 1000)).resumeOffset).toBe(0)
  })

  test('refuses more bytes than announced and an end before them', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(2500, 1000)
    await ingest.write(Buffer.alloc(2499))
    await expect(ingest.finish(undefined)).rejects.toThrow(IngestSizeError)
    await expect(ingest.write(Buffer.alloc(2))).rejects.toThrow(IngestSizeError)
    expect(artifact.manifest).toBeUndefined()
  })

  test('that was discarded begins anew', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(undefined, 1000)
    await ingest.write(Buffer.alloc(3000))
    await ingest.discard()
    expect((await artifact.beginIngest(undefined, 1000)).resumeOffset).toBe(0)
  })

  test.for([
    { name: 'size', other: 512 },
    { name: 'strategy', other: { strategy: 'ContentDefined', size: 1024 } },
  ] as const)('with another chunk $name begins anew', async ({ other }, { reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(undefined, 1024)
    await ingest.write(Buffer.alloc(8192))
    await ingest.close()
    expect((await artifact.beginIngest(undefined, other)).resumeOffset).toBe(0)
  })

  test('is alone, and takes nothing after it was closed', async ({ reopen }) => {
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(undefined, 1000)
    await expect(artifact.beginIngest(undefined, 1000)).rejects.toThrow(ManifestConflictError)
    await expect(artifact.setManifest(randomSample(10, 10).manifest)).rejects.toThrow(ManifestConflictError)
    await ingest.close()
    await ingest.close()
    await expect(ingest.write(Buffer.alloc(1000))).rejects.toThrow(ArtifactClosedError)
  })

  test('takes a few chunks more while the disk is busy, and then makes whoever brings them wait', async ({
    reopen,
  }) => {
    const sample = randomSample(10_000, 1000)
    const artifact = await (await reopen()).open(ID)
    const ingest = await artifact.beginIngest(10_000, 1000)
    const free = await busyDisk(artifact.dataPath)
    let taken = 0
    const bring = async (): Promise<void> => {
      for (; taken < 10; taken++) await ingest.write(sample.chunk(taken))
    }
    const brought = bring()
    await sleep(50)
    expect([taken, ingest.offset]).toEqual([4, 5000])
    free()
    await brought
    expect((await ingest.finish(sample.sha256)).manifest.cid).toBe(sample.manifest.cid)
  })
})

/** Nothing is written from now on. @returns what ends that */
async function busyDisk(path: string): Promise<() => void> {
  await using file = await open(path)
  const handles = Object.getPrototypeOf(file) as FileHandle
  const { promise, resolve } = Promise.withResolvers<void>()
  const write = handles.write as (...args: unknown[]) => unknown
  const spy = vi.spyOn(handles, 'write').mockImplementation(async function (
    this: FileHandle,
    ...args: unknown[]
  ) {
    await promise
    return write.apply(this, args)
  } as never)
  onTestFinished(() => spy.mockRestore())
  return resolve
}
