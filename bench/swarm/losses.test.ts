// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { companies } from './beside.ts'
import { losses } from './losses.ts'
import { runOf } from './result.fixture.ts'
import { summarise } from './result.ts'

const scenario = { nodes: 3, beside: 1, size: 2 ** 20, linkRate: 12.5e6, originRate: undefined }
const run = (median: number, last: number) => runOf(median / 2, median, last)

test('what the others lose is against the run of the same system in which all were alike', () => {
  const result = summarise(scenario, {
    patchswarm: [run(10, 20)],
    'patchswarm, 1 slow': [run(10.4, 22)],
    'patchswarm, 1 lying': [run(9, 20.8)],
    aria2: [run(1, 2)],
    'aria2, 1 slow': [run(2, 2)],
  })
  expect(losses(result, companies(1, 1)).map(({ what, found, met }) => [what, found, met])).toEqual([
    ['patchswarm, 1 slow: the last of the others loses', '10.0 %', false],
    ['patchswarm, 1 slow: the median of the others loses', '4.0 %', true],
    ['patchswarm, 1 lying: the last of the others loses', '4.0 %', true],
    ['patchswarm, 1 lying: the median of the others loses', '-10.0 %', true],
    ['aria2, 1 slow: the last of the others loses', '0.0 %', true],
    ['aria2, 1 slow: the median of the others loses', '100.0 %', false],
  ])
})

test('nobody loses anything where nobody is slow or lying', () => {
  expect(losses(summarise(scenario, { patchswarm: [run(1, 2)] }), companies(0, 0))).toEqual([])
})
