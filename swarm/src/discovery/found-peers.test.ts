// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { type FoundPeer, FoundPeers } from './found-peers.ts'

test('a peer that was found before anybody listened is told of once somebody does', () => {
  const found = new FoundPeers()
  const heard: string[] = []
  found.add({ peerId: 'early', addresses: [] })
  found.listen(({ peerId }) => heard.push(peerId))
  found.add({ peerId: 'late', addresses: [] })
  expect(heard).toEqual(['early', 'late'])
})

test('of what nobody has listened to yet the last 256 are told, and of a peer 8 addresses', () => {
  const found = new FoundPeers()
  const heard: FoundPeer[] = []
  const addresses = Array.from({ length: 300 }, (_, at) => `/ip4/10.0.0.1/tcp/${at + 1}`)
  for (const [at] of addresses.entries()) found.add({ peerId: `peer ${at}`, addresses })
  found.listen((peer) => heard.push(peer))
  expect(heard).toHaveLength(256)
  expect(heard.at(-1)).toEqual({ peerId: 'peer 299', addresses: addresses.slice(0, 8) })
})
