// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { GrowingManifest, type ManifestPart } from '../manifest/index.ts'
import { LeafSigner } from './leaf-signer.ts'
import type { LeavesMessage } from './messages.ts'

const chunkSize = 10
const size = 95
const digests = (...values: number[]) => Buffer.concat(values.map((value) => Buffer.alloc(32, value)))
const leaves = (first: number, ...values: number[]): LeavesMessage => ({
  type: 'leaves',
  size,
  chunkSize,
  first,
  digests: digests(...values),
})

function signer(): LeafSigner {
  const one = new LeafSigner()
  one.set({ readers: new Set(['reader']), size, chunkSize, generation: 100 })
  return one
}

/** What is known after these parts. */
function grown(parts: readonly ManifestPart[]): GrowingManifest {
  const growing = new GrowingManifest(size, chunkSize)
  for (const part of parts) growing.add({ ...part, signer: 'seeder', signature: new Uint8Array(64) })
  return growing
}

const reader = { peerId: 'reader', node: 'n1' }
const nothing = { growing: undefined, has: () => false }

describe('a seeder signs', () => {
  test('what a reader has read', () => {
    const { news, known } = signer().take(reader, leaves(3, 1, 2), nothing)
    expect(news).toEqual([{ generation: 100, size, chunkSize, first: 3, digests: digests(1, 2) }])
    expect(known).toEqual([])
  })

  test.for([
    { name: 'of one that is no reader', from: 'another', message: leaves(0, 1) },
    { name: 'of a file of another size', from: 'reader', message: { ...leaves(0, 1), size: 96 } },
    { name: 'of other chunks', from: 'reader', message: { ...leaves(0, 1), chunkSize: 11 } },
  ])('nothing $name', ({ from, message }) => {
    expect(signer().take({ ...reader, peerId: from }, message, nothing)).toEqual({ news: [], known: [] })
  })

  test.for([
    { name: 'that begins in the file and ends behind it', message: leaves(9, 1, 2) },
    { name: 'behind the end of the file', message: leaves(2_000_000, 1) },
  ])('nothing $name: no honest reader says so', ({ message }) => {
    expect(() => signer().take(reader, message, nothing)).toThrow(
      expect.objectContaining({ name: 'ProtocolViolationError' }),
    )
  })

  test('only what is new, and names what was signed before', () => {
    const one = signer()
    const growing = grown(one.take(reader, leaves(4, 5), nothing).news)
    const { news, known } = one.take(reader, leaves(3, 4, 5, 6), { growing, has: () => false })
    expect(news.map(({ first, digests: some }) => [first, some.length / 32])).toEqual([
      [3, 1],
      [5, 1],
    ])
    expect(known).toEqual([[4, 1]])
  })

  test('the first word about a leaf, when two readers differ and the chunk is there', () => {
    const one = signer()
    const growing = grown(one.take(reader, leaves(4, 5), nothing).news)
    expect(one.take(reader, leaves(4, 9), { growing, has: () => true })).toEqual({
      news: [],
      known: [[4, 1]],
    })
  })

  test('the last one with a later date, when nobody has brought what was said first', () => {
    const one = signer()
    const growing = grown(one.take(reader, leaves(4, 5), nothing).news)
    const { news } = one.take(reader, leaves(4, 9), { growing, has: () => false })
    expect(news[0]?.generation).toBeGreaterThan(100)
    expect(growing.add({ ...news[0]!, signer: 'seeder', signature: new Uint8Array(64) }).changed).toEqual([4])
  })

  test('later than those before it did, whatever its clock says', () => {
    const before = grown([{ generation: 5000, size, chunkSize, first: 0, digests: digests(1) }])
    const { news } = signer().take(reader, leaves(1, 2), { growing: before, has: () => true })
    expect(news[0]?.generation).toBe(5001)
  })
})

test("its own word replaces a reader's, with a later date, though the chunk is there", () => {
  const one = signer()
  const growing = grown(one.take(reader, leaves(4, 5), nothing).news)
  const part = one.correct(growing, 4, digests(9))
  expect(growing.add({ ...part, signer: 'seeder', signature: new Uint8Array(64) }).changed).toEqual([4])
  expect(one.correct(growing, 4, digests(8)).generation).toBeGreaterThan(part.generation)
})

test('it is kept by whose word each leaf was signed last', () => {
  const one = signer()
  one.set({ readers: new Set(['reader', 'other']), size, chunkSize, generation: 100 })
  const growing = grown(one.take(reader, leaves(0, 1, 2, 3), nothing).news)
  const other = { peerId: 'other', node: 'n2' }
  one.take(other, leaves(1, 9), { growing, has: () => false })
  one.take(other, leaves(2, 3), { growing, has: () => true })
  expect([...one.said]).toEqual([
    [
      'n1',
      [
        [0, 1],
        [2, 1],
      ],
    ],
    ['n2', [[1, 1]]],
  ])
})
