// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { isOnlyProgress } from './row-change.ts'
import { row } from './testing/objects.ts'

const fetching = { state: 'Fetching', reason: 'Fetching', progressPercent: 10, peers: 2 } as const

test.for<{ name: string; becomes?: NodeDistribution; only: boolean }>([
  {
    name: 'more of its bytes, from other peers, at another rate',
    becomes: row('n1', {
      ...fetching,
      progressPercent: 20,
      rate: '1 MiB/s',
      peers: 3,
      bytes: { origin: 0, peers: 7, cache: 0, total: 9 },
    }),
    only: true,
  },
  { name: 'another state', becomes: row('n1', { ...fetching, state: 'Verifying' }), only: false },
  { name: 'another reason', becomes: row('n1', { ...fetching, reason: 'WaitingForPeers' }), only: false },
  { name: 'another try', becomes: row('n1', { ...fetching, attempt: 2 }), only: false },
  { name: 'nothing any more', becomes: row('n1'), only: false },
  {
    name: 'that it goes',
    becomes: {
      ...row('n1', fetching),
      metadata: { ...row('n1').metadata, deletionTimestamp: '2026-11-21T12:00:00Z' },
    },
    only: false,
  },
])('a row that says $name', ({ becomes = row('n1'), only }) => {
  const old = row('n1', fetching)
  expect(isOnlyProgress({ type: 'modified', object: becomes, old })).toBe(only)
})

test('a row that is new or gone says more than that', () => {
  const object = row('n1', fetching)
  expect(isOnlyProgress({ type: 'added', object })).toBe(false)
  expect(isOnlyProgress({ type: 'deleted', object })).toBe(false)
})
