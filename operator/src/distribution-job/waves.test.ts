// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { node, nodes, now } from '../testing/objects.ts'
import { type NodeView, skippedView } from './tally.ts'
import { type WavesInput, waveUnderWay } from './waves.ts'

const canary = (outcome: NodeView['outcome'], secondsAgo = 0): NodeView => ({
  ...skippedView(node('n1'), { reason: 'NodeGone', message: '' }),
  outcome,
  wave: 'canary',
  finishedAt: outcome === 'active' ? 0 : now.getTime() - secondsAgo * 1000,
})
const look = (over: Partial<WavesInput> = {}) =>
  waveUnderWay({
    waves: [
      { name: 'canary', nodes: 1, soakSeconds: 60 },
      { name: 'half', nodes: '50%', soakSeconds: 0 },
    ],
    views: [],
    waiting: nodes(8).slice(1),
    desired: 8,
    fixed: undefined,
    halted: false,
    now,
    ...over,
  })

test.for<{ name: string; given: Partial<WavesInput>; is: { name: string; size: number; room: number } }>([
  { name: 'is the first one', given: {}, is: { name: 'canary', size: 1, room: 1 } },
  {
    name: 'is the first one while its node is at work',
    given: { views: [canary('active')] },
    is: { name: 'canary', size: 1, room: 0 },
  },
  {
    name: 'is the first one while it soaks',
    given: { views: [canary('succeeded', 59)] },
    is: { name: 'canary', size: 1, room: 0 },
  },
  {
    name: 'is the next one after the soak',
    given: { views: [canary('succeeded', 60)] },
    is: { name: 'half', size: 4, room: 4 },
  },
  {
    name: 'does not grow with the cluster',
    given: { views: [canary('succeeded', 60)], fixed: { name: 'half', size: 2 } },
    is: { name: 'half', size: 2, room: 2 },
  },
])('the wave under way $name', ({ given, is }) => {
  expect(look(given)).toMatchObject(is)
})
