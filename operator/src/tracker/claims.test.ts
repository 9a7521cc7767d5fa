// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { createClaims } from './claims.ts'

function claimsAt() {
  const state = { now: 0, connected: new Set(['a', 'b']) }
  const claims = createClaims(
    (peerId) => state.connected.has(peerId),
    () => state.now,
  )
  return { state, claims }
}

test('one agent at a time reads an artifact, for as long as it asks', () => {
  const { state, claims } = claimsAt()
  for (; state.now < 60_000; state.now += 15_000) {
    expect(claims.take('patch', 'a')).toBe(true)
    expect(claims.take('patch', 'b')).toBe(false)
  }
  expect(claims.take('other', 'b')).toBe(true)
})

test('the next one has its turn at once when the first is gone, and soon when it asks no more', () => {
  const { state, claims } = claimsAt()
  claims.take('patch', 'a')
  state.connected.delete('a')
  expect(claims.take('patch', 'b')).toBe(true)
  state.connected.add('a')
  expect(claims.take('patch', 'a')).toBe(false)
  state.now = 20_001
  expect(claims.take('patch', 'a')).toBe(true)
})
