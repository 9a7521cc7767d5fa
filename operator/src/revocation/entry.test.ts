// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { type Entry, entryFrom, superfluous, textOf } from './entry.ts'

const now = Date.UTC(2026, 10, 21)
const until = now + 1000
const ending = (at: number): Entry => ({ why: 'the Node was deleted', until: at, peers: [] })

test('what the operator writes it reads again', () => {
  const entry: Entry = { why: 'the Node was deleted', until, peers: ['a', 'b'] }
  expect(entryFrom(textOf(entry))).toEqual(entry)
})

test.for(['stolen', '', '7', 'null', '{"why":"stolen"}', '{"why":"x","until":"soon","peers":[]}'])(
  'anything else is the word of a person, and holds until that takes it back: %s',
  (text) => {
    expect(entryFrom(text)).toEqual({ why: text, until: undefined, peers: [] })
  },
)

test.for<{ name: string; entries: Record<string, Entry>; out: string[] }>([
  { name: 'nothing while there is room', entries: { a: ending(until) }, out: [] },
  { name: 'what has run out', entries: { a: ending(now), b: ending(until) }, out: ['a'] },
  {
    name: 'what runs out first when there is no room',
    entries: { a: ending(until + 2), b: ending(until + 1), c: ending(until + 3) },
    out: ['b'],
  },
  {
    name: 'nothing that a person wrote',
    entries: { a: entryFrom('stolen'), b: entryFrom('lost'), c: ending(until) },
    out: ['c'],
  },
])('for one more goes $name', ({ entries, out }) => {
  expect(superfluous(new Map(Object.entries(entries)), 3, now)).toEqual(out)
})
