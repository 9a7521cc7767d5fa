// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { bytesSince } from './baselines.ts'

const counters = (bytesFromOrigin: number, bytesFromPeers: number) => ({
  bytesFromOrigin,
  bytesFromPeers,
  bytesFromCache: 0,
  bytesToPeers: 0,
  originBytesRead: 0,
  chunksVerified: 0,
  chunksRefused: 0,
})

test.for([
  {
    name: 'a first delivery counts everything by its source',
    artifact: { counters: counters(0, 100), bytesHeld: 100 },
    baseline: { bytesFromOrigin: 0, bytesFromPeers: 0, startedAt: 0 },
    bytes: { origin: 0, peers: 100, cache: 0 },
  },
  {
    name: 'a second delivery of a file that is here is all cache',
    artifact: { counters: counters(0, 100), bytesHeld: 100 },
    baseline: { bytesFromOrigin: 0, bytesFromPeers: 100, startedAt: 0 },
    bytes: { origin: 0, peers: 0, cache: 100 },
  },
  {
    name: 'a delivery that found half of it here',
    artifact: { counters: counters(0, 100), bytesHeld: 100 },
    baseline: { bytesFromOrigin: 0, bytesFromPeers: 50, startedAt: 0 },
    bytes: { origin: 0, peers: 50, cache: 50 },
  },
  {
    name: 'chunks that stand at many offsets came once',
    artifact: { counters: counters(0, 10), bytesHeld: 100 },
    baseline: { bytesFromOrigin: 0, bytesFromPeers: 0, startedAt: 0 },
    bytes: { origin: 0, peers: 10, cache: 90 },
  },
  {
    name: 'counters that began again are all of this delivery',
    artifact: { counters: counters(0, 60), bytesHeld: 60 },
    baseline: { bytesFromOrigin: 0, bytesFromPeers: 100, startedAt: 0 },
    bytes: { origin: 0, peers: 60, cache: 0 },
  },
])('$name', ({ artifact, baseline, bytes }) => {
  expect(bytesSince(artifact, baseline)).toEqual(bytes)
})
