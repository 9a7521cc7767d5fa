// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { InvalidStaticPeerError, staticPeers } from './static.ts'

const a = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

test('addresses of one peer are taken together', () => {
  const addresses = [`/ip4/10.0.0.7/tcp/4001/p2p/${a}`, `/ip6/fd00::7/tcp/4001/p2p/${a}`]
  expect(staticPeers(addresses)).toEqual([{ peerId: a, addresses }])
})

test.for(['/ip4/10.0.0.7/tcp/4001', 'node-7:4001', ''])('"%s" is refused', (address) => {
  expect(() => staticPeers([address])).toThrow(InvalidStaticPeerError)
})
