// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { joinNetworks } from './join-networks.ts'

test.for<{ name: string; of: string[]; joined: string[] }>([
  { name: 'nothing', of: [], joined: [] },
  { name: 'two halves', of: ['10.0.1.0/24', '10.0.0.0/24'], joined: ['10.0.0.0/23'] },
  {
    name: 'neighbours that are no halves',
    of: ['10.0.1.0/24', '10.0.2.0/24'],
    joined: ['10.0.1.0/24', '10.0.2.0/24'],
  },
  { name: 'one in another', of: ['10.0.3.0/24', '10.0.0.0/16'], joined: ['10.0.0.0/16'] },
  { name: 'one twice', of: ['10.0.3.0/24', '10.0.3.0/24'], joined: ['10.0.3.0/24'] },
  {
    name: 'both families',
    of: ['fd00:0:0:1::/64', '10.0.0.0/8', 'fd00::/64'],
    joined: ['10.0.0.0/8', 'fd00::/63'],
  },
  { name: 'host bits', of: ['10.0.3.7/24'], joined: ['10.0.3.0/24'] },
  { name: 'what is none', of: ['x', '10.0.0.0/40', '0.0.0.0/0'], joined: ['0.0.0.0/0'] },
])('$name', ({ of, joined }) => {
  expect(joinNetworks(of)).toEqual(joined)
})

test('the networks of 256 nodes are one', () => {
  expect(joinNetworks(Array.from({ length: 256 }, (_, node) => `10.244.${255 - node}.0/24`))).toEqual([
    '10.244.0.0/16',
  ])
})
