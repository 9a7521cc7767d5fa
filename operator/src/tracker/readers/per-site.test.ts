// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import type { Candidate } from './election.ts'
import { type SitesView, sitesToRead } from './per-site.ts'

/** a+ is an agent in site a that waits for the file, a one that does not. */
const candidates = (text: string): Candidate[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((one, index) => ({ peerId: `p${index}`, site: one[0] ?? '', wants: one.endsWith('+') }))

const view = (agents: string, over: Partial<SitesView>): SitesView => ({
  candidates: candidates(agents),
  whole: new Set(),
  seederSite: undefined,
  isSeeded: false,
  most: 32,
  ...over,
})

test.for([
  { name: 'every site that waits for it', agents: 'b+ a+ a+ c', is: 'a b' },
  { name: 'no site that has it', agents: 'a+ b+', over: { whole: new Set(['a']) }, is: 'b' },
  {
    name: 'a site that lacks it, also when a seeder has it',
    agents: 'a+',
    over: { isSeeded: true },
    is: 'a',
  },
  { name: 'a few at once', agents: 'a+ b+ c+', over: { most: 2 }, is: 'a b' },
  { name: "the seeder's, while nobody waits for it", agents: 'a b', over: { seederSite: 'b' }, is: 'b' },
  { name: 'any, when the seeder is alone in its own', agents: 'b a', over: { seederSite: 'x' }, is: 'a' },
  {
    name: 'none, when nobody waits for it and a seeder has it',
    agents: 'a b',
    over: { isSeeded: true },
    is: '',
  },
  { name: 'none, when there is nobody to read it', agents: '', is: '' },
])('reads: $name', ({ agents, over = {}, is }) => {
  expect(sitesToRead(view(agents, over)).join(' ')).toBe(is)
})
