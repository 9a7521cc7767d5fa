// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DaemonSet } from '@patchswarm/kube'
import { describe, expect, test } from 'vitest'
import { profile } from '../testing/objects.ts'
import { decide, kinds, running } from '../testing/profile-plans.ts'
import type { Observed } from './observed.ts'

describe('rolling out', () => {
  test('a new profile gets its finalizer and all that belongs to it', () => {
    const fresh = profile()
    fresh.metadata.finalizers = []
    const planned = decide({ profile: fresh })
    expect(planned.finalizer).toBe('add')
    expect(kinds(planned.apply)).toEqual([
      'ServiceAccount',
      'ServiceAccount',
      'Service',
      'StatefulSet',
      'DaemonSet',
    ])
    expect(planned.said).toBe('False Rolling')
  })

  test.for<{ name: string; given: Partial<Observed>; said: string }>([
    { name: 'all Pods are ready', given: running(profile(), 3, 3), said: 'True AgentsReady' },
    { name: 'no node matches', given: running(profile(), 0, 0), said: 'True AgentsReady' },
    { name: 'an agent is not ready', given: running(profile(), 3, 2), said: 'False Rolling' },
    { name: 'the seeder is not ready', given: running(profile(), 3, 3, 0), said: 'False WaitingForSeeder' },
  ])('when $name it says $said and applies nothing', ({ given, said }) => {
    const planned = decide(given)
    expect(planned.said).toBe(said)
    expect(planned.apply).toEqual([])
  })

  test('a changed root rolls the agents and leaves the seeder alone', () => {
    const before = running(profile(), 3, 3)
    const changed = profile({ delivery: { allowedRoots: [{ path: '/srv/patches' }] } })
    const planned = decide({ ...before, profile: changed })
    expect(kinds(planned.apply)).toEqual(['DaemonSet'])
    expect(planned.said).toBe('False Rolling')
  })

  test('peers and namespaces change live', () => {
    const before = running(profile(), 3, 3)
    const changed = profile({ peers: { maxPeers: 8, admit: ['12D3'] }, allowedNamespaces: {} })
    expect(decide({ ...before, profile: changed }).apply).toEqual([])
  })

  test('a field that is wanted no longer is taken back, and what somebody has changed too', () => {
    const limited = profile({ resources: { limits: { memory: '512Mi' } } })
    expect(kinds(decide(running(limited, 1, 1)).apply)).toEqual(['DaemonSet'])
    const touched = running(profile(), 1, 1)
    const daemonSet = touched.children?.find((one) => one.kind === 'DaemonSet') as DaemonSet
    daemonSet.spec.template.spec.hostNetwork = false
    expect(kinds(decide(touched).apply)).toEqual(['DaemonSet'])
  })
})
