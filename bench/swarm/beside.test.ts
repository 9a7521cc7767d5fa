// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { companies } from './beside.ts'

test('without slow and lying receivers there is one run, and nobody whose time does not count', () => {
  expect(companies(0, 0)).toEqual([{ name: '', manners: [] }])
})

test('each run has as many receivers, whatever some of them are', () => {
  expect(companies(1, 2)).toEqual([
    { name: '', manners: ['usual', 'usual'] },
    { name: ', 1 slow', manners: ['slow', 'usual'] },
    { name: ', 2 lying', manners: ['lying', 'lying'] },
  ])
})
