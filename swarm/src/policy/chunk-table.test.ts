// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addHolders,
  clearSeat,
  createChunkTable,
  isSet,
  mark,
  markNeeded,
  neededColumn,
  rarestOf,
  removeHolders,
  seatColumn,
  unmarkNeeded,
} from './chunk-table.ts'

const chunks = 70

/** The same with a set for each neighbour, and every chunk looked at. */
function rarestByHand(offers: ReadonlySet<number>[], needed: ReadonlySet<number>, seat: number): number[] {
  const holders = (chunk: number) => offers.filter((set) => set.has(chunk)).length
  const wanted = [...(offers[seat] ?? [])].filter((chunk) => needed.has(chunk))
  const fewest = Math.min(...wanted.map(holders))
  return wanted.filter((chunk) => holders(chunk) === fewest)
}

test('the rarest chunk that a neighbour has and this node needs is found, however many neighbours there are', () => {
  const chunk = fc.integer({ min: 0, max: chunks - 1 })
  const bits = fc.uniqueArray(chunk, { maxLength: chunks })
  fc.assert(
    fc.property(fc.array(bits, { minLength: 1, maxLength: 80 }), bits, fc.nat(), (lists, wanted, from) => {
      const table = createChunkTable(chunks)
      const offers = lists.map((list) => new Set(list))
      offers.forEach((set, seat) => {
        clearSeat(table, seat)
        for (const one of set) {
          mark(table, seatColumn(table, seat), one)
          addHolders(table, one >>> 5, 1 << (one & 31))
        }
      })
      for (const one of wanted) markNeeded(table, one)
      const seat = from % offers.length
      const found = rarestOf(table, seatColumn(table, seat), neededColumn, () => (from % 97) / 97)
      const expected = rarestByHand(offers, new Set(wanted), seat)
      if (found === -1) expect(expected).toEqual([])
      else expect(expected).toContain(found)
    }),
  )
})

test('what a seat held before is gone for the next neighbour, and fewer holders make a chunk rarer', () => {
  const table = createChunkTable(chunks)
  for (const seat of [0, 1, 2]) {
    clearSeat(table, seat)
    for (const one of [3, 69]) {
      mark(table, seatColumn(table, seat), one)
      addHolders(table, one >>> 5, 1 << (one & 31))
    }
  }
  markNeeded(table, 3)
  markNeeded(table, 69)
  removeHolders(table, 2, 1 << (69 & 31))
  const rarest = () => rarestOf(table, seatColumn(table, 0), neededColumn, () => 0)
  expect(rarest()).toBe(69)
  unmarkNeeded(table, 69)
  expect(rarest()).toBe(3)
  expect(table.neededCount).toBe(1)
  clearSeat(table, 0)
  expect(isSet(table, seatColumn(table, 0), 3)).toBe(false)
  expect(rarest()).toBe(-1)
})
