// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { planRoom, type RoomInput } from './room.ts'
import type { CachedArtifact } from './types.ts'

const GIB = 2 ** 30
const NO_LIMITS = { minSize: 0, maxSize: 0, minFree: 0, retentionMs: 0 }

const copy = (key: string, gib: number, over: Partial<CachedArtifact> = {}): CachedArtifact => ({
  key,
  bytes: gib * GIB,
  complete: true,
  lastUsedAt: 0,
  needed: false,
  spare: true,
  stuck: false,
  ...over,
})
const fetch = (key: string, gib: number, begun = false, beside = 0) => ({
  key,
  missing: gib * GIB,
  beside: beside * GIB,
  begun,
})
const disk = (used: number, free: number) => ({ usedBytes: used * GIB, freeBytes: free * GIB })

const room = (over: Partial<RoomInput>) => {
  const plan = planRoom({
    artifacts: [],
    fetches: [],
    beside: 0,
    disk: disk(0, 100),
    limits: NO_LIMITS,
    now: 1000,
    ...over,
  })
  return {
    goes: plan.remove.map(({ key }) => key),
    ask: plan.ask,
    stands: Object.fromEntries([...plan.shortages].map(([key, one]) => [key, one.final])),
    messages: [...plan.shortages.values()].map(({ message }) => message),
    refusal: plan.refusal,
  }
}

const ten = { ...NO_LIMITS, maxSize: 10 * GIB }

test.for<{
  name: string
  given: Partial<RoomInput>
  expected: { goes?: string[]; ask?: string[]; stands?: Record<string, boolean> }
}>([
  { name: 'what fits is fetched', given: { fetches: [fetch('a', 4)], limits: ten }, expected: {} },
  {
    name: 'a copy that may go makes room',
    given: { fetches: [fetch('a', 4)], limits: ten, disk: disk(8, 99), artifacts: [copy('b', 8)] },
    expected: { goes: ['b'] },
  },
  {
    name: 'a copy that may not go yet is asked for, and the fetch waits',
    given: {
      fetches: [fetch('a', 4)],
      limits: ten,
      disk: disk(8, 99),
      artifacts: [copy('b', 8, { spare: false })],
    },
    expected: { ask: ['b'], stands: { a: false } },
  },
  {
    name: 'what is larger than the cache never fits, and nothing goes for it',
    given: { fetches: [fetch('a', 11)], limits: ten, disk: disk(8, 99), artifacts: [copy('b', 8)] },
    expected: { stands: { a: true } },
  },
  {
    name: 'what is larger than the disk never fits',
    given: { fetches: [fetch('a', 5)], disk: disk(0, 4) },
    expected: { stands: { a: true } },
  },
  {
    name: 'the rest of one that has begun is set aside before another begins',
    given: {
      fetches: [fetch('a', 6), fetch('z', 5, true)],
      limits: ten,
      disk: disk(2, 99),
      artifacts: [copy('z', 2, { complete: false, needed: true })],
    },
    expected: { stands: { a: false } },
  },
  {
    name: 'one that does not fit leaves room to one that does',
    given: { fetches: [fetch('a', 11), fetch('b', 9)], limits: ten },
    expected: { stands: { a: true } },
  },
  {
    name: 'one that has begun stands still when others have filled the disk',
    given: {
      fetches: [fetch('a', 2, true)],
      limits: { ...NO_LIMITS, minFree: 5 * GIB },
      disk: disk(4, 6),
      artifacts: [copy('a', 4, { complete: false, needed: true })],
    },
    expected: { stands: { a: false } },
  },
  {
    name: 'what is delivered beside the cache needs room on its disk, too',
    given: { fetches: [fetch('a', 3, false, 3)], disk: disk(2, 4), artifacts: [copy('b', 2)] },
    expected: { goes: ['b'] },
  },
  {
    name: 'what fits only without its delivery never fits',
    given: { fetches: [fetch('a', 3, false, 3)], disk: disk(0, 5) },
    expected: { stands: { a: true } },
  },
  {
    name: 'what is delivered beside the cache does not count against its size',
    given: { fetches: [fetch('a', 10, false, 10)], limits: ten, disk: disk(0, 20) },
    expected: {},
  },
  {
    name: 'the delivery of one leaves less to the next',
    given: { fetches: [fetch('a', 3, false, 3), fetch('b', 3)], disk: disk(0, 8) },
    expected: { stands: { b: false } },
  },
  {
    name: 'a delivery of what is whole already leaves less, too',
    given: { fetches: [fetch('a', 3)], disk: disk(0, 8), beside: 6 * GIB },
    expected: { stands: { a: false } },
  },
  {
    name: 'one whose size is not known begins',
    given: { fetches: [fetch('a', 0)], limits: ten, disk: disk(10, 99), artifacts: [copy('b', 10)] },
    expected: {},
  },
  {
    name: 'one whose size is not known does not begin below the free space that has to stay',
    given: { fetches: [fetch('a', 0)], limits: { ...NO_LIMITS, minFree: 5 * GIB }, disk: disk(9, 4) },
    expected: { stands: { a: false } },
  },
])('$name', ({ given, expected }) => {
  const { goes, ask, stands } = room(given)
  expect({ goes, ask, stands }).toEqual({ goes: [], ask: [], stands: {}, ...expected })
})

test('says in numbers why it never fits', () => {
  const { messages } = room({
    fetches: [fetch('a', 11)],
    limits: { ...ten, minFree: GIB },
    disk: disk(8, 2.5),
    artifacts: [copy('b', 8)],
  })
  expect(messages).toEqual([
    '11 GiB never fit into a cache that can have 9.5 GiB: 8 GiB of 10 GiB (cache.maxSize) taken; 2.5 GiB free, of which 1 GiB (cache.minFree) stay',
  ])
})

test('says in numbers why it does not fit now', () => {
  const { messages } = room({
    fetches: [fetch('a', 4)],
    limits: ten,
    disk: disk(8, 2.5),
    artifacts: [copy('b', 8, { needed: true })],
  })
  expect(messages).toEqual([
    '4 GiB to fetch, 2 GiB too many for the cache: 8 GiB of 10 GiB (cache.maxSize) taken; 2.5 GiB free; what is left is needed here or is among the last copies',
  ])
})

test('a node that cannot give the least cache takes nothing, and says so', () => {
  const { stands, refusal } = room({
    fetches: [fetch('a', 1)],
    limits: { ...NO_LIMITS, minSize: 20 * GIB, minFree: GIB },
    disk: disk(2, 10),
  })
  expect(stands).toEqual({ a: true })
  expect(refusal).toBe(
    'The cache of this node can have 11 GiB and the profile asks for 20 GiB (cache.minSize): free some space, or give the cache a larger disk',
  )
})
