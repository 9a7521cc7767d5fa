// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { addressesWithin } from './addresses.ts'

test.for([
  ['/ip4/10.1.2.3/tcp/4001', true],
  ['/ip4/203.0.113.1/tcp/4001', false],
  ['/ip6/fd00::1/tcp/4001', true],
  ['/ip6/2001:db8::1/tcp/4001', false],
  ['/ip4/10.1.2.3/udp/4001', false],
  ['/dns4/example.com/tcp/4001', false],
  ['/ip4/10.1.2.3.4/tcp/4001', false],
  ['', false],
] as const)('%s is handed out: %s', ([address, handedOut]) => {
  expect(addressesWithin([address], ['10.0.0.0/8', 'fc00::/7'])).toEqual(handedOut ? [address] : [])
})
