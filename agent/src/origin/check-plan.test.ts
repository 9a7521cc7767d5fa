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
  { name: 'some chunks of each', given: {}, is: sampled },
  {
    name: 'fewer where the budget has no more',
    given: { refusedBytes: 16 },
    is: [...upTo(0, 4), ...upTo(20, 24)],
  },
  { name: 'one of each at least', given: { refusedBytes: 4 }, is: [0, 20] },
  {
    name: 'all of who has said something else',
    given: { read: sampled, wrong: [23], isUnhashed: true },
    is: upTo(28, 40),
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
])('is read again: $name', ({ given, is }) => {
  expect(next(given)).toEqual({ do: 'read', leaves: is })
})

test('what is read of a reader is of all its chunks', () => {
  const random = [0.99, 0.5, 0, 0, 0, 0, 0, 0]
  const step = next({ said: new Map([['n1', upTo(0, 20)]]), random: () => random.shift() ?? 0 })
  expect(step).toMatchObject({ leaves: [19, 9, 0, 1, 2, 3, 4, 5] })
})

test('the whole is hashed once all of a liar is corrected, and not before', () => {
  const all = [...upTo(0, 8), ...upTo(20, 40)]
  expect(next({ read: all, wrong: [23], isUnhashed: true })).toEqual({ do: 'hash' })
})

test.for([
  { name: 'one chunk of each', given: { refusedBytes: 2 }, lackedBytes: 2 },
  {
    name: 'all of a liar',
    given: { read: sampled, wrong: [23], isUnhashed: true, refusedBytes: 12 },
    lackedBytes: 12,
  },
  { name: 'all the rest', given: { read: sampled, refusedBytes: 24 }, lackedBytes: 24 },
  { name: 'nothing: all was read again', given: { read: upTo(0, 40) }, lackedBytes: 0 },
])('it ends where the budget has not got $name', ({ given, lackedBytes }) => {
  expect(next(given)).toEqual({ do: 'end', lackedBytes })
})
