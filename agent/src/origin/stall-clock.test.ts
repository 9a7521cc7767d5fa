// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { StallClock } from './stall-clock.ts'

test('runs while nothing comes and nobody has what is missing', () => {
  const clock = new StallClock(0)
  clock.look({ bytesHeld: 5, usefulPeers: 0, now: 1000 })
  expect(clock.look({ bytesHeld: 5, usefulPeers: 0, now: 4000 })).toBe(3000)
})

test.for([
  { name: 'something came', next: { bytesHeld: 6, usefulPeers: 0 } },
  { name: 'a peer has something that is missing', next: { bytesHeld: 5, usefulPeers: 1 } },
])('begins anew when $name', ({ next }) => {
  const clock = new StallClock(0)
  clock.look({ bytesHeld: 5, usefulPeers: 0, now: 1000 })
  expect(clock.look({ ...next, now: 4000 })).toBe(0)
  expect(clock.look({ ...next, usefulPeers: 0, now: 4500 })).toBe(500)
})
