// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import type { NodeProgress } from '../distribution/index.ts'
import { bar, renderLine, renderTable } from './table.ts'

const MiB = 2 ** 20
const node = (fields: Partial<NodeProgress>): NodeProgress => ({
  name: 'n1',
  state: 'Fetching',
  reason: '',
  percent: 50,
  rate: 12_500_000,
  fromOrigin: 0,
  fromPeers: 60 * MiB,
  fromCache: 0,
  peers: 4,
  ...fields,
})
const progress = {
  headline: 'Distributing to 2 nodes.',
  nodes: [
    node({}),
    node({
      name: 'n2',
      state: 'Waiting',
      reason: 'WaitingForPeers',
      percent: 0,
      rate: 0,
      fromPeers: 0,
      peers: 0,
    }),
  ],
}

test('draws a row a node below a headline', () => {
  expect(renderTable(progress, 12_345)).toEqual([
    '  12.3 s  Distributing to 2 nodes.',
    '',
    'NODE                                 %           RATE     ORIGIN      PEERS      CACHE    #  STATE',
    'n1    [############............]   50 %    100 Mbit/s         0 B   60.0 MiB        0 B    4  Fetching',
    'n2    [........................]    0 %                       0 B        0 B        0 B    0  Waiting (WaitingForPeers)',
  ])
})

test('says the same on one line where there is no terminal', () => {
  expect(renderLine(progress, 900)).toBe('   0.9 s  n1 50%  n2 0%  Distributing to 2 nodes.')
})

test.for([
  [0, 0],
  [100, 24],
  [250, 24],
  [-1, 0],
] as const)('bar(%d) has %d marks and always the same width', ([percent, marks]) => {
  expect(bar(percent)).toHaveLength(26)
  expect(bar(percent).match(/#/g)?.length ?? 0).toBe(marks)
})
