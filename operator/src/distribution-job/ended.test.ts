// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { decide, delivered, progress } from '../testing/job-plans.ts'
import { now, profile, row } from '../testing/objects.ts'
import type { Observed } from './observed.ts'

describe('a node that gets nothing done for too long', () => {
  const fetching = row('n1', { state: 'Fetching', attempt: 2, bytes: { peers: 5 } })
  const idleMs = new Map([[fetching.metadata.name, 600_000]])
  const stuck = (over: Partial<Observed> = {}) => decide({ nodeDistributions: [fetching], idleMs, ...over })

  test('fails, and its row keeps what it had reported', () => {
    expect(stuck().rows).toMatchObject([
      {
        object: fetching,
        status: {
          state: 'Failed',
          reason: 'NoProgress',
          attempt: 2,
          bytes: { peers: 5 },
          completionTime: now.toISOString(),
        },
      },
    ])
  })

  test('is left alone a moment before, once it is done, and while the job cannot run', () => {
    const before = new Map([[fetching.metadata.name, 599_999]])
    expect(stuck({ idleMs: before }).rows).toEqual([])
    expect(stuck({ nodeDistributions: [{ ...fetching, status: delivered }] }).rows).toEqual([])
    expect(stuck({ profile: profile({ enabled: false }) }).rows).toEqual([])
  })

  test('is given two report intervals at least', () => {
    expect(stuck({ reportIntervalMs: 300_001 }).rows).toEqual([])
  })

  test.for<{ name: string; given: Partial<Observed>; says: RegExp }>([
    {
      name: 'without an agent',
      given: { connected: new Set() },
      says: /No agent .*patchswarm-default-agent/,
    },
    { name: 'with an agent that does not begin', given: {}, says: /has not taken up the work in 600 s/ },
    {
      name: 'while it fetches',
      given: { live: new Map([[fetching.metadata.name, progress(0)]]) },
      says: /although 2 of the connected peers/,
    },
    {
      name: 'while it writes',
      given: { live: new Map([[fetching.metadata.name, { ...progress(0), state: 'Verifying' }]]) },
      says: /Writing and hashing .*disks/,
    },
  ])('says what to look at, $name', ({ given, says }) => {
    expect(stuck(given).rows[0]?.status.message).toMatch(says)
  })
})
