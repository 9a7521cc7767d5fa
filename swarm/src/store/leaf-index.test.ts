// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LeafIndex } from './leaf-index.ts'

/** A digest that differs from others in the prefix, in the tail, in both or not at all. */
function digest([prefix, tail]: readonly [number, number]): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32LE(prefix)
  bytes[31] = tail
  return bytes
}

const leaf = fc.tuple(fc.constantFrom(0, 1, 2, 3, 0x8000_0000, 0xffff_ffff), fc.integer({ min: 0, max: 3 }))

test('finds every offset of a digest, in order, also where prefixes are the same', () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 40 }), leaf, (leaves, absent) => {
      const index = new LeafIndex({ digests: Buffer.concat(leaves.map(digest)) })
      for (const wanted of [...leaves, absent]) {
        const expected = leaves.flatMap((other, at) => (digest(other).equals(digest(wanted)) ? [at] : []))
        expect(index.find(digest(wanted))).toEqual(expected)
      }
    }),
  )
})

test('finds nothing for what is no SHA-256', () => {
  const index = new LeafIndex({ digests: digest([0, 0]) })
  expect(index.find(Buffer.alloc(20))).toEqual([])
  expect(index.find(Buffer.alloc(0))).toEqual([])
})
