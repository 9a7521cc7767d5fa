// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { createIdentity } from '../identity/index.ts'
import { GrowingManifest } from './growing-manifest.ts'
import { manifestOf } from './manifest.ts'
import { decodePart, encodePart, isSigned, type ManifestPart, signPart } from './signed-part.ts'

const swarm = new Uint8Array(32).fill(7)
const chunks = 10
const sizes = { size: chunks * 16 - 3, chunkSize: 16 }
const digests = Uint8Array.from({ length: 32 * chunks }, (_, i) => (i * 31) >>> 3)
const other = digests.map((byte) => byte ^ 1)
const seeder = createIdentity()

const leaves = (first: number, count: number, from = digests, generation = 1): ManifestPart => ({
  ...sizes,
  generation,
  first,
  digests: from.slice(32 * first, 32 * (first + count)),
})
const signed = (part: ManifestPart, by = seeder) =>
  signPart(swarm, part, by.peerId, (bytes) => by.sign(bytes))
const grown = () => new GrowingManifest(sizes.size, sizes.chunkSize)

describe('a signed part', () => {
  const part = signed(leaves(2, 3))

  test('is what its signer has said of that swarm', () => {
    expect(isSigned(swarm, part)).toBe(true)
  })

  test('comes out of its bytes as it was, whatever follows them', () => {
    const bytes = Buffer.concat([encodePart(part), Buffer.from('of a newer version')])
    expect(decodePart(bytes, seeder.peerId)).toEqual(part)
  })

  test.for([
    ['of another signer', { ...part, signer: createIdentity().peerId }],
    ['of another generation', { ...part, generation: 2 }],
    ['of another place', { ...part, first: 3 }],
    ['of another size', { ...part, size: sizes.size - 1 }],
    ['of another chunk size', { ...part, chunkSize: 17 }],
    ['with another digest', { ...part, digests: leaves(2, 3, other).digests }],
    ['with a digest less', { ...part, digests: part.digests.subarray(32) }],
  ] as const)('%s is not', ([, changed]) => {
    expect(isSigned(swarm, changed)).toBe(false)
  })

  test('of another swarm is not', () => {
    expect(isSigned(new Uint8Array(32), part)).toBe(false)
  })

  test.for([
    ['cut off', encodePart(part).subarray(0, -1)],
    ['empty', new Uint8Array()],
    ['of no leaves', encodePart({ ...part, digests: new Uint8Array() })],
    ['beyond the end of the file', encodePart({ ...part, first: 8 })],
    ['of chunks of no bytes', encodePart({ ...part, chunkSize: 0 })],
    ['of a size that no number holds', encodePart({ ...part, size: 2 ** 60 })],
  ] as const)('%s is refused', ([, bytes]) => {
    expect(() => decodePart(bytes, seeder.peerId)).toThrow(
      expect.objectContaining({ name: 'InvalidManifestError' }),
    )
  })
})

describe('a growing manifest', () => {
  test('becomes whole, in whatever order its parts come', () => {
    const growing = grown()
    expect(growing.add(signed(leaves(6, 4)))).toEqual({ known: [6, 7, 8, 9], changed: [] })
    expect(growing.add(signed(leaves(0, 3)))).toEqual({ known: [0, 1, 2], changed: [] })
    expect(growing.isKnown(4)).toBe(false)
    expect(growing.toManifest()).toBeUndefined()
    expect(growing.add(signed(leaves(2, 5)))).toEqual({ known: [3, 4, 5], changed: [] })
    expect(growing.toManifest()).toEqual(manifestOf({ ...sizes, digests }))
  })

  test('that is whole is put together once, until a leaf is another one', () => {
    const growing = grown()
    growing.add(signed(leaves(0, chunks)))
    const whole = growing.toManifest()
    expect(growing.toManifest()).toBe(whole)
    growing.add(signed(leaves(2, 1, other, 2)))
    const mended = Uint8Array.from([
      ...digests.slice(0, 64),
      ...leaves(2, 1, other).digests,
      ...digests.slice(96),
    ])
    expect(growing.toManifest()).toEqual(manifestOf({ ...sizes, digests: mended }))
  })

  test('says nothing new when it is told twice', () => {
    const growing = grown()
    growing.add(signed(leaves(0, 3)))
    expect(growing.add(signed(leaves(0, 3)))).toEqual({ known: [], changed: [] })
    expect(growing.parts).toHaveLength(1)
  })

  test('passes on a longer run in place of those that lie in it', () => {
    const growing = grown()
    for (const leaf of [0, 1, 2, 5]) growing.add(signed(leaves(leaf, 1)))
    growing.add(signed(leaves(0, 4)))
    expect(growing.parts.map(({ first }) => first)).toEqual([5, 0])
    growing.add(signed(leaves(0, 3)))
    expect(growing.parts).toHaveLength(2)
    expect(growing.partsAbout((leaf) => leaf === 3)).toEqual([signed(leaves(0, 4))])
    expect(growing.partsAbout((leaf) => leaf > 5)).toEqual([])
  })

  test('knows a liar by two digests for one leaf, and takes nothing of the second', () => {
    const growing = grown()
    growing.add(signed(leaves(0, 3)))
    expect(() => growing.add(signed(leaves(2, 3, other)))).toThrow(
      expect.objectContaining({ name: 'ContradictionError', signer: seeder.peerId }),
    )
    expect(growing.isKnown(3)).toBe(false)
  })

  test('takes a later generation where it differs, and an earlier one nowhere', () => {
    const growing = grown()
    growing.add(signed(leaves(0, 3)))
    const anew = createIdentity()
    expect(growing.add(signed(leaves(2, 2, other, 2), anew))).toEqual({ known: [3], changed: [2] })
    expect(growing.add(signed(leaves(1, 4)))).toEqual({ known: [4], changed: [] })
    expect(growing.generation).toBe(2)
    expect(growing.digests.subarray(64, 96)).toEqual(leaves(2, 1, other).digests)
  })

  test('of another size is another file', () => {
    expect(() => new GrowingManifest(sizes.size + 1, sizes.chunkSize).add(signed(leaves(0, 1)))).toThrow(
      expect.objectContaining({ name: 'InvalidManifestError' }),
    )
  })

  test('takes nothing of a part that ends behind its last leaf', () => {
    const growing = grown()
    const long = { ...leaves(0, 2), first: chunks - 1 }
    expect(() => growing.add(signed(long))).toThrow(RangeError)
    expect(growing.isKnown(chunks - 1)).toBe(false)
    growing.add(signed(leaves(0, chunks)))
    expect(growing.toManifest()).toEqual(manifestOf({ ...sizes, digests }))
  })

  test('of the node that reads the origin is what it has hashed itself', () => {
    const growing = new GrowingManifest(sizes.size, sizes.chunkSize, 5)
    for (let leaf = 0; leaf < chunks; leaf++) growing.note(leaf, leaves(leaf, 1).digests)
    expect(growing.generation).toBe(5)
    expect(growing.add(signed(leaves(0, 2, other, 9)))).toEqual({ known: [], changed: [] })
    expect(growing.toManifest()?.cid).toBe(manifestOf({ ...sizes, digests }).cid)
  })
})
