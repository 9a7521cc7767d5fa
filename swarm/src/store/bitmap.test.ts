// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bitmap } from './bitmap.ts'

test('behaves like a set of numbers', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40)))
  fc.assert(
    fc.property(steps, (list) => {
      const bitmap = new Bitmap(41)
      const set = new Set<number>()
      for (const [add, index] of list) {
        if (add) expect(bitmap.add(index)).toBe(!set.has(index))
        else expect(bitmap.delete(index)).toBe(set.has(index))
        add ? set.add(index) : set.delete(index)
      }
      expect([...bitmap]).toEqual([...set].sort((a, b) => a - b))
      expect(bitmap.count).toBe(set.size)
      expect([...new Bitmap(41, bitmap.toBytes())]).toEqual([...bitmap])
    }),
  )
})

test('puts the first chunk into the least significant bit of the first byte', () => {
  const bitmap = new Bitmap(10)
  bitmap.add(0)
  bitmap.add(9)
  expect([...bitmap.toBytes()]).toEqual([1, 2])
})

test('ignores bits past the end and bytes that are missing', () => {
  expect(new Bitmap(3, Uint8Array.of(0xff, 0xff)).count).toBe(3)
  expect(new Bitmap(30, Uint8Array.of(0xff)).count).toBe(8)
})

test('holds nothing outside its range and refuses to', () => {
  const bitmap = new Bitmap(8)
  expect([bitmap.has(-1), bitmap.has(8), bitmap.delete(8)]).toEqual([false, false, false])
  expect(() => bitmap.add(8)).toThrow(RangeError)
})

test('hands out a copy', () => {
  const bitmap = new Bitmap(8)
  bitmap.toBytes()[0] = 0xff
  expect(bitmap.count).toBe(0)
})
