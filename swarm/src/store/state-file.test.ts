// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ArtifactState, decodeState, encodeState, NO_COUNTERS } from './state-file.ts'

const states: fc.Arbitrary<ArtifactState> = fc.record({
  cid: fc.string({ unit: 'grapheme', maxLength: 60 }),
  counters: fc.maxSafeNat().map((bytesFromPeers) => ({ ...NO_COUNTERS, bytesFromPeers })),
  usedAt: fc.option(fc.maxSafeNat(), { nil: undefined }),
  bitmap: fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from(bytes)),
})

test('reads what it wrote', () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(decodeState(encodeState(state))).toEqual(state)
    }),
  )
})

test('believes nothing of a state in which a byte changed or that ends too early', () => {
  const bytes = encodeState({
    cid: 'bafy',
    counters: { ...NO_COUNTERS },
    usedAt: 7,
    bitmap: Uint8Array.of(255, 1),
  })
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at]! ^= 0x40
    expect(decodeState(damaged)).toBeUndefined()
    expect(decodeState(bytes.subarray(0, at))).toBeUndefined()
  }
})
