// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createManifestBuilder } from './builder.ts'
import { chooseChunkSize, chunkCount, chunkLength } from './chunking.ts'
import { digestHex, InvalidDigestError } from './digest.ts'
import { decodeManifest, encodeManifest } from './encoding.ts'
import { importFile } from './import-file.ts'
import { leafLength, longestLeaf } from './layout.ts'
import { InvalidManifestError, manifestOf } from './manifest.ts'
import { swarmId } from './swarm-id.ts'

const MIB = 1024 * 1024
const DIGEST = `sha256:${'ab'.repeat(32)}`

test.for([
  { name: '256 KiB for a small file', size: 1, expected: MIB / 4 },
  { name: '256 KiB up to 512 MiB', size: 512 * MIB, expected: MIB / 4 },
  { name: '1 MiB above that', size: 512 * MIB + 1, expected: MIB },
  { name: '1 MiB when the origin gives no length', size: undefined, expected: MIB },
])('chooses $name', ({ size, expected }) => {
  expect(chooseChunkSize(size)).toBe(expected)
})

test('chooses 256 KiB on average whatever the size where the content decides, so that versions fit', () => {
  for (const size of [1, 513 * MIB, undefined]) expect(chooseChunkSize(size, 'ContentDefined')).toBe(MIB / 4)
})

test('chunks cover the file exactly, and an empty file has one empty chunk', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 5000 }), (size, chunkSize) => {
      const count = chunkCount(size, chunkSize)
      const lengths = Array.from({ length: count }, (_, index) => chunkLength(size, chunkSize, index))
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(size)
      expect(lengths.slice(0, -1).every((length) => length === chunkSize)).toBe(true)
      expect(size === 0 || lengths.at(-1)! > 0).toBe(true)
    }),
  )
})

describe('the swarm ID', () => {
  test('is the SHA-256 of version, digest and chunking', () => {
    const text = (chunking: string, strategy = 'Fixed') =>
      `patchswarm-swarm-v1\n${DIGEST}\n${strategy}\n${chunking}`
    const sha256 = (value: string) => createHash('sha256').update(value).digest('hex')
    expect(Buffer.from(swarmId(DIGEST, undefined)).toString('hex')).toBe(sha256(text('auto')))
    expect(Buffer.from(swarmId(DIGEST, MIB)).toString('hex')).toBe(sha256(text('1048576')))
    expect(Buffer.from(swarmId(DIGEST, MIB, 'ContentDefined')).toString('hex')).toBe(
      sha256(text('1048576', 'ContentDefined')),
    )
  })

  test.for(['', 'ab', `sha256:${'AB'.repeat(32)}`, `sha512:${'ab'.repeat(32)}`, `${DIGEST}0`])(
    'is refused for the digest "%s"',
    (digest) => {
      expect(() => swarmId(digest, undefined)).toThrow(InvalidDigestError)
    },
  )

  test('asks for the digest whose hex it hands on', () => {
    expect(digestHex(DIGEST)).toBe('ab'.repeat(32))
  })
})

describe('a manifest', () => {
  test('is the same after it was written and read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 4 * MIB }),
        (count, chunkSize) => {
          const manifest = manifestOf({
            size: count * chunkSize,
            chunkSize,
            digests: randomBytes(32 * count),
          })
          const read = decodeManifest(encodeManifest(manifest))
          expect({ ...read, digests: [...read.digests] }).toEqual({
            ...manifest,
            digests: [...manifest.digests],
          })
        },
      ),
      { numRuns: 30 },
    )
  })

  test('is the same, lengths included, where the content decides', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 4 * MIB }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(lengths, (all) => {
        const builder = createManifestBuilder(undefined, { strategy: 'ContentDefined', size: MIB })
        for (const length of all) builder.push(randomBytes(32), length)
        const manifest = builder.finish(all.reduce((sum, length) => sum + length, 0))
        const read = decodeManifest(encodeManifest(manifest))
        expect({ ...read, digests: [...read.digests] }).toEqual({
          ...manifest,
          digests: [...manifest.digests],
        })
        expect(all.map((_, index) => leafLength(read, index))).toEqual(all)
        expect(longestLeaf(read)).toBe(Math.max(...all))
      }),
      { numRuns: 30 },
    )
  })

  test.for([
    { name: 'leaves of one size', parts: { size: 5, chunkSize: 3, digests: randomBytes(64) } },
    {
      name: 'leaves of their own lengths',
      parts: { size: 5, chunkSize: 3, ends: Float64Array.of(1, 5), digests: randomBytes(64) },
    },
  ])('of $name is refused when any byte of it has changed or its end is missing', ({ parts }) => {
    const bytes = encodeManifest(manifestOf(parts))
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1
      expect(() => decodeManifest(damaged)).toThrow(InvalidManifestError)
      expect(() => decodeManifest(bytes.subarray(0, at))).toThrow(InvalidManifestError)
    }
  })

  test.for([
    { name: 'too few digests', parts: { size: 7, chunkSize: 3, digests: new Uint8Array(64) } },
    { name: 'too many digests', parts: { size: 3, chunkSize: 3, digests: new Uint8Array(64) } },
    { name: 'half a digest', parts: { size: 3, chunkSize: 3, digests: new Uint8Array(33) } },
    { name: 'no digest at all', parts: { size: 0, chunkSize: 3, digests: new Uint8Array() } },
    { name: 'a negative size', parts: { size: -1, chunkSize: 3, digests: new Uint8Array(32) } },
    { name: 'no chunk size', parts: { size: 1, chunkSize: 0, digests: new Uint8Array(32) } },
    { name: 'leaves that end before the file', parts: cut(7, [3, 6]) },
    { name: 'leaves that end behind the file', parts: cut(7, [3, 8]) },
    { name: 'an empty leaf', parts: cut(7, [3, 3, 7]) },
    { name: 'two leaves in an empty file', parts: cut(0, [0, 0]) },
    { name: 'no leaf', parts: cut(0, []) },
    { name: 'a leaf that runs backwards', parts: cut(7, [5, 3, 7]) },
    { name: 'a leaf of more than four times the average', parts: cut(20, [13, 20]) },
    { name: 'more leaves than digests', parts: { ...cut(7, [3, 7]), digests: new Uint8Array(32) } },
    { name: 'a size past 2^53', parts: { size: 2 ** 60, chunkSize: 2 ** 60, digests: new Uint8Array(32) } },
  ])('is refused with $name', ({ parts }) => {
    expect(() => manifestOf(parts)).toThrow(InvalidManifestError)
  })

  test('can be built while the size is not known yet, and not without it', () => {
    const builder = createManifestBuilder(undefined, 3)
    builder.push(randomBytes(32))
    builder.push(randomBytes(32))
    expect(() => builder.finish()).toThrow(InvalidManifestError)
    expect(builder.finish(4).size).toBe(4)
    expect(() => builder.push(randomBytes(20))).toThrow(InvalidManifestError)
  })
})

describe('importing a file', () => {
  test.for([0, 1, 1000, 4096, 10_001])('of %i bytes gives what its chunks hash to', async (size) => {
    const folder = await mkdtemp(join(tmpdir(), 'patchswarm-manifest-'))
    try {
      const bytes = randomBytes(size)
      await writeFile(join(folder, 'file'), bytes)
      const { manifest, sha256 } = await importFile(join(folder, 'file'), 1000)
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
      const digests = Array.from({ length: chunkCount(size, 1000) }, (_, index) =>
        createHash('sha256')
          .update(bytes.subarray(index * 1000, (index + 1) * 1000))
          .digest(),
      )
      expect(manifest).toEqual(manifestOf({ size, chunkSize: 1000, digests: Buffer.concat(digests) }))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('stops when told to', async () => {
    await expect(importFile(import.meta.filename, 10, AbortSignal.abort())).rejects.toThrow('aborted')
  })
})

/** A manifest in chunks of 3 bytes on average. */
function cut(size: number, ends: readonly number[]): Parameters<typeof manifestOf>[0] {
  return { size, chunkSize: 3, ends: Float64Array.from(ends), digests: new Uint8Array(32 * ends.length) }
}
