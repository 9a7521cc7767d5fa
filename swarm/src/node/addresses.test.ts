// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { createAddressPolicy } from './addresses.ts'

const policy = createAddressPolicy(['10.0.0.0/8', '192.168.4.0/24', 'fc00::/7'])

test.for([
  ['10.1.2.3', true],
  ['192.168.4.255', true],
  ['192.168.5.1', false],
  ['11.0.0.1', false],
  ['fd12::1', true],
  ['2001:db8::1', false],
  ['::ffff:10.1.2.3', true],
  ['::ffff:8.8.8.8', false],
  ['not an address', false],
  ['', false],
] as const)('%s is allowed: %s', ([ip, allowed]) => {
  expect(policy.allows(ip)).toBe(allowed)
})

test.for([
  ['/ip4/10.1.2.3/tcp/4001', true],
  ['/ip4/10.1.2.3/tcp/4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA', true],
  ['/ip6/fd12::1/tcp/4001', true],
  ['/ip4/8.8.8.8/tcp/4001', false],
  ['/dns4/node.example.com/tcp/4001', false],
  ['/ip4/10.1.2.3/udp/4001/quic-v1', false],
  ['/ip4/10.1.2.3/tcp/4001/ws', false],
  ['/ip4/10.1.2.3/tcp/4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/p2p-circuit', false],
] as const)('%s is dialled: %s', ([address, allowed]) => {
  expect(policy.allowsMultiaddr(multiaddr(address))).toBe(allowed)
})

test('a CIDR that cannot be read is named', () => {
  expect(() => createAddressPolicy(['10.0.0.0'])).toThrow(/"10\.0\.0\.0" is no CIDR/)
})
