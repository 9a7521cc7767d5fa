// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunksOf } from './chunks-of.fixture.ts'
import { ctrStream } from './ctr-stream.fixture.ts'
import { createContentCutter, leastChunkBytes } from './fast-cdc.ts'

const KIB = 1024
const average = 512
const most = 4 * average
const contentDefined = { strategy: 'ContentDefined', size: average } as const
const lengthsOf = (bytes: Uint8Array, size = average): number[] =>
  chunksOf(bytes, { ...contentDefined, size }).map(({ length }) => length)

/** Random bytes, text-like bytes and runs of one byte. */
const files = fc
  .array(
    fc.oneof(
      fc.integer().map((seed) => randomBytes(seed, 2 * KIB)),
      fc.integer().map((seed) => randomBytes(seed, 3 * KIB).map((byte) => byte & 3)),
      fc.nat(255).map((byte) => Buffer.alloc(3 * KIB, byte)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))

test('cuts where a slow reading of the rules says, however the stream comes in pieces', () => {
  fc.assert(
    fc.property(files, fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }), (bytes, pieces) => {
      expect(cutInPieces(bytes, pieces)).toEqual(slowCuts(bytes))
    }),
    { numRuns: 60 },
  )
})

test('chunks cover the file, and none but the last is shorter than a quarter of the average or longer than four times it', () => {
  fc.assert(
    fc.property(files, (bytes) => {
      const lengths = lengthsOf(bytes)
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(bytes.length)
      expect(Math.min(...lengths.slice(0, -1), most)).toBeGreaterThanOrEqual(leastChunkBytes(average))
      expect(Math.max(...lengths)).toBeLessThanOrEqual(most)
    }),
    { numRuns: 60 },
  )
})

test('behind bytes that were inserted, taken out or changed the chunks are the old ones again', () => {
  const edits = fc.record({
    seed: fc.integer(),
    at: fc.nat(40 * KIB),
    removed: fc.nat(2000),
    inserted: fc.integer({ min: 0, max: 5000 }),
  })
  fc.assert(
    fc.property(edits, ({ seed, at, removed, inserted }) => {
      const before = randomBytes(seed, 100 * KIB)
      const after = Buffer.concat([
        before.subarray(0, at),
        randomBytes(seed + 1, inserted),
        before.subarray(at + removed),
      ])
      const known = new Set(chunksOf(before, contentDefined).map(digestOf))
      const fresh = chunksOf(after, contentDefined).filter((chunk) => !known.has(digestOf(chunk)))
      const freshBytes = fresh.reduce((sum, { length }) => sum + length, 0)
      expect(freshBytes).toBeLessThanOrEqual(inserted + 12 * most)
    }),
    { numRuns: 60 },
  )
})

describe('at the sizes that an artifact may ask for', () => {
  const bytes = ctrStream()(32 * KIB * KIB)

  test('chunks are about as long as asked for', () => {
    for (const size of [256 * KIB, 512 * KIB, 1024 * KIB]) {
      const mean = bytes.length / lengthsOf(bytes, size).length
      expect(mean / size).toBeGreaterThan(0.8)
      expect(mean / size).toBeLessThan(1.4)
    }
  })

  // The smallest average has the mask that is met soonest: no other meets it either. Zeros of that length need no source.
  test('a run of any one byte is cut at the longest that a chunk may be', () => {
    for (let byte = 0; byte < 256; byte++) {
      const cut = createContentCutter(256 * KIB).cut(Buffer.alloc(1024 * KIB + 1, byte))
      expect({ byte, cut }).toEqual({ byte, cut: 1024 * KIB })
    }
  })

  // Root CIDs in clusters follow from these: should the test fail, the swarm ID needs a new name for the new rules.
  test('cuts stay where they are from release to release', () => {
    const cuts = lengthsOf(bytes, 256 * KIB)
    expect(cuts.slice(0, 6)).toMatchInlineSnapshot(`
      [
        218307,
        384652,
        331789,
        110691,
        481365,
        270069,
      ]
    `)
    expect(createHash('sha256').update(cuts.join()).digest('hex')).toMatchInlineSnapshot(
      `"2deebd4cc9f2a43d3dc39836ad9092c48119a2422f6f315cc7422487ac5a618d"`,
    )
  })
})

test.for([0, 255, 300, 2 ** 29, Number.NaN])('refuses chunks of %d bytes', (size) => {
  expect(() => createContentCutter(size)).toThrow(RangeError)
})

function cutInPieces(bytes: Uint8Array, pieces: readonly number[]): number[] {
  const cutter = createContentCutter(average)
  const cuts: number[] = []
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const piece = bytes.subarray(start, start + pieces[turn % pieces.length]!)
    const end = cutter.cut(piece)
    start += end ?? piece.length
    if (end !== undefined) cuts.push(start)
  }
  if (bytes.length > (cuts.at(-1) ?? 0)) cuts.push(bytes.length)
  return cuts
}

/** The rules once more: one position after the other, with a hash that is computed anew for each. */
function slowCuts(bytes: Uint8Array): number[] {
  const cuts: number[] = []
  for (let start = 0; start < bytes.length; start = cuts.at(-1)!) {
    let end = start + average / 4
    while (end < Math.min(start + most, bytes.length) && !isCut(bytes, start, end)) end++
    cuts.push(Math.min(end, bytes.length))
  }
  return cuts
}

function isCut(bytes: Uint8Array, start: number, end: number): boolean {
  let sum = 0
  for (let back = 0; back < 32; back++) sum += (gear[bytes[end - 1 - back]!]! << back) >>> 0
  const zeroBits = Math.log2(average) + (end - start < average ? 2 : -2)
  return (sum % 2 ** 32) / 2 ** (32 - zeroBits) < 1
}

const gear = Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256').update('patchswarm-gear-v1\n').update(Uint8Array.of(byte)).digest().readUInt32BE(),
)

const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes)

function randomBytes(seed: number, length: number): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, length) })
    .update(`${seed}`)
    .digest()
    .subarray(0, length)
}
