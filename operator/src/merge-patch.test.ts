// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isEqual, isSubset, mergePatch } from './merge-patch.ts'

type Json = Record<string, unknown>

/** RFC 7386, as the API server does it. */
function applied(target: Json, patch: Json): Json {
  const result: Json = { ...target }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (typeof value === 'object' && !Array.isArray(value)) {
      const before = result[key]
      const base =
        typeof before === 'object' && before !== null && !Array.isArray(before) ? (before as Json) : {}
      result[key] = applied(base, value as Json)
    } else result[key] = value
  }
  return result
}

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }))
const keys = fc.constantFrom('a', 'b', 'c', 'd')
const status = fc.dictionary(keys, fc.oneof(leaf, fc.dictionary(keys, leaf)))

test('the patch turns any status into any other', () => {
  fc.assert(
    fc.property(status, status, (from, to) => {
      const patch = mergePatch(from, to)
      // Where an object takes the place of another, the patch merges them field by field.
      expect(applied(from, patch ?? {})).toEqual(applied({}, to))
      expect(patch === undefined).toBe(isEqual(from, to))
    }),
  )
})

test('nothing is patched when nothing differs', () => {
  expect(
    mergePatch({ a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2 }] }, a: 1, e: undefined }),
  ).toBeUndefined()
})

test.for([
  { name: 'what the server fills in does not count', part: { a: 1 }, whole: { a: 1, b: 2 }, holds: true },
  { name: 'nor inside lists', part: { l: [{ a: 1 }] }, whole: { l: [{ a: 1, b: 2 }] }, holds: true },
  {
    name: 'what it leaves out because it is empty does not either',
    part: { a: '', b: [], c: {} },
    whole: {},
    holds: true,
  },
  { name: 'another value counts', part: { a: 1 }, whole: { a: 2 }, holds: false },
  { name: 'a longer list counts', part: { l: [1] }, whole: { l: [1, 2] }, holds: false },
  { name: 'what is missing counts', part: { a: { b: 1 } }, whole: {}, holds: false },
])('$name', ({ part, whole, holds }) => {
  expect(isSubset(part, whole)).toBe(holds)
})
