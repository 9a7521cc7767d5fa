// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { SourceError } from './errors.ts'
import { SourceBook } from './source-book.ts'

const sources = ['a', 'b', 'c'].map((url) => ({ url }))
const order = (book: SourceBook, now: number) =>
  book
    .inOrder(sources, now)
    .map(({ url }) => url)
    .join('')

test('sources are tried in the order of the spec', () => {
  expect(order(new SourceBook(), 0)).toBe('abc')
})

test.for<{ name: string; givenUp: [url: string, at: number][]; now: number; order: string }>([
  { name: 'one that was given up comes last', givenUp: [['a', 0]], now: 29_999, order: 'bca' },
  { name: 'until it has rested', givenUp: [['a', 0]], now: 30_000, order: 'abc' },
  {
    name: 'twice as long the second time',
    givenUp: [
      ['a', 0],
      ['a', 0],
    ],
    now: 59_999,
    order: 'bca',
  },
  {
    name: 'of two the one given up first',
    givenUp: [
      ['b', 0],
      ['a', 1],
    ],
    now: 2,
    order: 'cba',
  },
  {
    name: 'and never longer than ten minutes',
    givenUp: Array.from({ length: 50 }, () => ['a', 0] as [string, number]),
    now: 600_000,
    order: 'abc',
  },
])('$name', ({ givenUp, now, order: expected }) => {
  const book = new SourceBook()
  for (const [url, at] of givenUp) book.givenUp(url, at)
  expect(order(book, now)).toBe(expected)
})

test('one that has given the file is preferred again, however often it had failed', () => {
  const book = new SourceBook()
  for (let times = 0; times < 5; times++) book.givenUp('a', 0)
  book.wentWell('a')
  expect(order(book, 1)).toBe('abc')
})

test('what is told of a source is how it answered and what went wrong last', () => {
  const book = new SourceBook()
  book.answered('a', 12.4)
  book.failed('b', new SourceError('OriginUnreachable', 'b answers 500', true))
  book.failed('c', new SourceError('OriginChanged', 'c has another file now', false))
  expect(book.list()).toEqual([
    { url: 'a', reachable: true, lastError: '', latencyMs: 12 },
    { url: 'b', reachable: false, lastError: 'b answers 500', latencyMs: 0 },
    { url: 'c', reachable: true, lastError: 'c has another file now', latencyMs: 0 },
  ])
  book.wentWell('b')
  expect(book.list()[1]).toMatchObject({ reachable: true, lastError: '' })
})
