// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test, vi } from 'vitest'
import { GrowingManifest } from '../manifest/index.ts'
import { costOf, mostMessages } from './message-rate.ts'
import { type Message, mostChunks } from './messages.ts'
import { PartsFetch, type PartsFetchInit } from './parts-fetch.ts'
import { addRanges } from './ranges.ts'

/** How often it asks at most: after each answer, a moment later. */
const asksInASecond = 1000 / 30

test.for([
  { name: 'all leaves of the largest file', hasManifest: true, announced: new Uint8Array() },
  {
    name: 'every other leaf of it',
    hasManifest: false,
    announced: new Uint8Array(mostChunks / 8).fill(0b01010101),
  },
])(
  'a peer that knows $name is asked for no more than it hears within a second',
  ({ hasManifest, announced }) => {
    vi.useFakeTimers()
    const told: Message[] = []
    const session = {
      growing: true,
      hasManifest,
      announced,
      link: { send: (one: Message) => told.push(one) },
    }
    const fetch = new PartsFetch({
      artifact: { growing: new GrowingManifest(mostChunks, 1) },
      sessions: new Map([['peer', session]]),
      random: () => 0,
      knowsCid: () => false,
    } as unknown as PartsFetchInit)
    fetch.soon()
    vi.advanceTimersByTime(30)
    fetch.stop()
    vi.useRealTimers()
    const [asked] = told
    if (asked?.type !== 'wantParts') throw new Error('asked for nothing')
    expect(addRanges(new Uint8Array(), asked.ranges)[0]).toBeGreaterThan(0)
    expect(costOf(asked) * asksInASecond).toBeLessThan(mostMessages)
  },
)
