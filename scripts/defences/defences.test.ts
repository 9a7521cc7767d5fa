// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../test/tool.ts'
import { without } from './defence.ts'
import { defences } from './defences.ts'
import type { Ran } from './run-tests.ts'
import { isNamedIn } from './test-name.ts'
import { gapIn } from './verdict.ts'

const sourceOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

test.for(defences)('what is kept out: $against', (defence) => {
  const source = sourceOf(defence.file)
  expect(without(defence, source)).not.toBe(source)
  expect(isNamedIn(sourceOf(defence.test.file), defence.test), defence.test.title).toBe(true)
})

describe('a test', () => {
  const name = { file: 'a.test.ts', title: 'a guest with $what is turned away', row: 'no ticket' }
  const ran = (what: string, ...errors: string[]): Ran => ({
    file: 'a.test.ts',
    title: `a guest with ${what} is turned away`,
    errors,
  })
  const failure = 'AssertionError: expected true to be false\n  at a.test.ts'

  test.for<{ name: string; ran: Ran[]; gap: string | undefined }>([
    {
      name: 'that fails shows its defence',
      ran: [ran('no ticket', failure), ran('a knife'), ran('a bomb', failure)],
      gap: undefined,
    },
    { name: 'that passes does not', ran: [ran('no ticket')], gap: 'it passes' },
    { name: 'that is not there does not', ran: [ran('a knife', failure)], gap: 'it does not run' },
    {
      name: 'that does not come as far as its assertion does not',
      ran: [ran('no ticket', 'TypeError: x is not a function\n  at a.ts')],
      gap: 'it fails by something else: TypeError: x is not a function',
    },
    {
      name: 'that fails with the whole of its table does not',
      ran: [ran('no ticket', failure), ran('a knife', failure)],
      gap: 'the whole table fails',
    },
  ])('$name', ({ ran, gap }) => {
    expect(gapIn(name, ran)).toBe(gap)
  })
})
