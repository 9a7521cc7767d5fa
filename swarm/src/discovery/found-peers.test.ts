// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { FoundPeers } from './found-peers.ts'

test('a peer that was found before anybody listened is told of once somebody does', () => {
  const found = new FoundPeers()
  const heard: string[] = []
  found.add({ peerId: 'early', addresses: [] })
  found.listen(({ peerId }) => heard.push(peerId))
  found.add({ peerId: 'late', addresses: [] })
  expect(heard).toEqual(['early', 'late'])
})
