// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { now, profile } from '../testing/objects.ts'
import { decide, observed, quiet, running, secondsAgo } from '../testing/profile-plans.ts'
import type { ClientView, Observed } from './observed.ts'
import { plan } from './plan.ts'

const agents = (...wiped: boolean[]): ClientView[] =>
  wiped.map((one, index) => ({ role: 'agent', node: `n${index + 1}`, wiped: one, ...quiet }))
describe('going', () => {
  const disabled = () => profile({ enabled: false })
  const deleted = () => {
    const going = profile()
    going.metadata.deletionTimestamp = now.toISOString()
    return going
  }

  test.for<{ name: string; given: Partial<Observed>; removes: number }>([
    {
      name: 'waits for a connected agent to empty its cache',
      given: { clients: agents(true, false), cleaningSince: secondsAgo(5) },
      removes: 0,
    },
    {
      name: 'waits for agents that are about to connect',
      given: { clients: agents(true), cleaningSince: secondsAgo(5) },
      removes: 0,
    },
    {
      name: 'removes all when all have',
      given: { clients: agents(true, true), cleaningSince: secondsAgo(5) },
      removes: 5,
    },
    {
      name: 'waits no longer than 30 seconds',
      given: { clients: agents(true, false), cleaningSince: secondsAgo(30) },
      removes: 5,
    },
  ])('$name', ({ given, removes }) => {
    for (const going of [disabled(), deleted()]) {
      const planned = decide({ ...running(profile(), 2, 2), ...given, profile: going })
      expect(planned.remove).toHaveLength(removes)
      expect(planned.said).toBe('False CleaningUp')
      expect(planned.finalizer).toBeUndefined()
      expect(planned.requeueAfterMs).toBeLessThanOrEqual(2000)
    }
  })

  test('once everything is gone the finalizer goes', () => {
    expect(decide({ profile: deleted() })).toMatchObject({ finalizer: 'remove', apply: [], remove: [] })
  })

  test('once everything is gone a disabled profile says so, and can be deleted without an operator', () => {
    expect(decide({ profile: disabled() })).toMatchObject({ said: 'True Disabled', finalizer: 'remove' })
    const left = disabled()
    left.metadata.finalizers = []
    expect(decide({ profile: left }).finalizer).toBeUndefined()
  })

  test('a profile that others still hold is left alone', () => {
    const going = deleted()
    going.metadata.finalizers = ['example.com/other']
    expect(plan(observed({ profile: going }))).toBeUndefined()
  })
})
