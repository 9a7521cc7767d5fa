// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { UsageError } from '../arguments.ts'
import { parseOptions } from './options.ts'

test('500 nodes are measured when nothing is said', () => {
  expect(parseOptions([])).toEqual({
    nodes: 500,
    processes: 2,
    restMs: 20_000,
    transferMs: 0,
    json: false,
  })
})

test.for([
  ['--nodes', '0'],
  ['--nodes', '5001'],
  ['--processes', 'two'],
  ['--rest', 'long'],
  ['--transfer', 'slow'],
  ['--node', '5'],
])('%s %s is refused', (args) => {
  expect(() => parseOptions(args)).toThrow(UsageError)
})
