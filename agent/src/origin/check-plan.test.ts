// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { type Check, nextStep } from './check-plan.ts'

const upTo = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)

/** n1 has read chunks 0 to 19, n2 20 to 39; each has a byte. */
const said = new Map([
  ['n1', upTo(0, 20)],
  ['n2', upTo(20, 40)],
])

const next = (over: Partial<Omit<Check, 'read' | 'wrong'>> & { read?: number[]; wrong?: number[] } = {}) =>
  nextStep({
    said,
    lengthOf: () => 1,
    isUnhashed: false,
    refusedBytes: Infinity,
    random: () => 0,
    ...over,
    read: new Set(over.read),
    wrong: new Set(over.wrong),
  })

const sampled = [...upTo(0, 8), ...upTo(20, 28)]

test.for([
  { name: 'one chunk of each', given: {}, is: [0, 20] },
  { name: 'then more, as long as nobody has said something else', given: { read: [0, 20] }, is: [1, 21] },
  {
    name: 'up to eight of each',
    given: { read: [...upTo(0, 4), ...upTo(20, 24)] },
    is: [...upTo(4, 8), ...upTo(24, 28)],
  },
  {
    name: 'all of who has said something else',
    given: { read: [0, 20], wrong: [20], isUnhashed: true },
    is: upTo(21, 40),
  },
  {
    name: 'as much of that as may be had, where the budget has not got all',
    given: { read: [0, 20], wrong: [20], isUnhashed: true, refusedBytes: 19 },
    is: upTo(21, 30),
  },
  {
    name: 'all the rest, if nobody has in what was read',
    given: { read: sampled },
    is: [...upTo(8, 20), ...upTo(28, 40)],
  },
  {
    name: 'all the rest, if the whole is still wrong with one corrected',
    given: { read: [...upTo(0, 8), ...upTo(20, 40)], wrong: [23] },
    is: upTo(8, 20),
  },
  {
    name: 'some chunks of the others, if the whole is still wrong with one corrected',
    given: { read: [0, ...upTo(20, 40)], wrong: [23] },
    is: [1],
  },
])('is read again: $name', ({ given, is }) => {
  expect(next(given)).toEqual({ do: 'read', leaves: is })
})

test('what is read of a reader is of all its chunks', () => {
  const random = [0.99, 0.5, 0, 0]
  const n1 = { said: new Map([['n1', upTo(0, 20)]]), read: [3, 4, 5, 6] }
  expect(next({ ...n1, random: () => random.shift() ?? 0 })).toMatchObject({ leaves: [19, 11, 0, 1] })
})

test('the whole is hashed once all of a liar is corrected, and not before', () => {
  const all = [...upTo(0, 8), ...upTo(20, 40)]
  expect(next({ read: all, wrong: [23], isUnhashed: true })).toEqual({ do: 'hash' })
  const half = { read: [0, ...upTo(20, 30)], wrong: [23] }
  expect(next({ ...half, isUnhashed: true })).toEqual({ do: 'read', leaves: upTo(30, 40) })
  expect(next({ ...half, isUnhashed: true, refusedBytes: 1 })).toEqual({ do: 'hash' })
})

test.for([
  { name: 'one chunk of each', given: { refusedBytes: 2 }, lackedBytes: 40 },
  {
    name: 'one more chunk of a liar',
    given: { read: sampled, wrong: [23], refusedBytes: 1 },
    lackedBytes: 12,
  },
  { name: 'all the rest', given: { read: sampled, refusedBytes: 24 }, lackedBytes: 24 },
  { name: 'nothing: all was read again', given: { read: upTo(0, 40) }, lackedBytes: 0 },
])('it ends where the budget has not got $name', ({ given, lackedBytes }) => {
  expect(next(given)).toEqual({ do: 'end', lackedBytes })
})
