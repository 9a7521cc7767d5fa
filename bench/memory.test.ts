// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { goalsOf } from './memory.ts'

test('what an agent may take is held against what it took, and what was not measured is not met', () => {
  const rows = [
    { program: 'seeder', when: 'without work', rssBytes: 1 },
    { program: 'agent', when: 'without work', rssBytes: 121e6 },
  ]
  expect(goalsOf(rows)).toEqual([
    { what: 'agent without work', wanted: '≤ 120 MB', found: '121 MB', met: false },
    { what: 'agent at full speed', wanted: '≤ 250 MB', found: 'NaN MB', met: false },
  ])
})
