// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { profile } from '../testing/objects.ts'
import { decide, running, secondsAgo } from '../testing/profile-plans.ts'
import type { Down } from './down.ts'

describe('agents that are down', () => {
  const down = (node: string, reason: string, starting = false): Down => ({
    node,
    reason,
    message: `${reason}.`,
    starting,
  })
  const since = (...seconds: number[]) =>
    new Map(seconds.map((one, index) => [`n${index + 1}`, secondsAgo(one)]))

  test.for<{ name: string; down: Down[]; downSince: Map<string, number>; said: string; names: string[] }>([
    {
      name: 'are not named while they start',
      down: [down('n1', 'NotReady', true)],
      downSince: since(29),
      said: 'Rolling',
      names: [],
    },
    {
      name: 'are named when that takes long',
      down: [down('n1', 'NotReady', true)],
      downSince: since(30),
      said: 'Rolling',
      names: ['n1'],
    },
    {
      name: 'stall the profile after two minutes',
      down: [down('n1', 'NotConnected', true)],
      downSince: since(120),
      said: 'AgentsMissing',
      names: ['n1'],
    },
    {
      name: 'stall it at once when Kubernetes has given up',
      down: [down('n1', 'ImagePullBackOff')],
      downSince: since(0),
      said: 'AgentsMissing',
      names: ['n1'],
    },
    {
      name: 'do not stall it while others start',
      down: [down('n1', 'ImagePullBackOff'), down('n2', 'NotReady', true)],
      downSince: since(600, 10),
      said: 'Rolling',
      names: ['n1'],
    },
    {
      name: 'do not stall it when their nodes are away',
      down: [down('n1', 'NodeNotReady', true)],
      downSince: since(600),
      said: 'Rolling',
      names: ['n1'],
    },
  ])('$name', ({ said, names, ...given }) => {
    const planned = decide({ ...running(profile(), 3, 2), ...given })
    expect(planned.said).toBe(`False ${said}`)
    expect(planned.status?.agents?.missingNodes?.map(({ node }) => node)).toEqual(names)
    expect(planned.requeueAfterMs).toBe(10_000)
  })

  test('are counted, the first 20 named, and the first one told of in the condition', () => {
    const many = Array.from({ length: 30 }, (_, index) => down(`n${100 + index}`, 'ErrImagePull'))
    const { status } = decide({ ...running(profile(), 30, 0), down: many })
    expect([status?.agents?.missing, status?.agents?.missingNodes?.length]).toEqual([30, 20])
    expect(findCondition(status?.conditions, 'Ready')?.message).toBe(
      '0 of 30 agents ready with the present spec. n100: ErrImagePull: ErrImagePull. 29 more in status.agents.missingNodes.',
    )
  })
})
