// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { decide, delivered } from '../testing/job-plans.ts'
import { job, node, nodes, now, rollout, row } from '../testing/objects.ts'
import { type NodeView, skippedView } from './tally.ts'
import { type WavesInput, waveUnderWay } from './waves.ts'

const canary = (outcome: NodeView['outcome'], secondsAgo = 0): NodeView => ({
  ...skippedView(node('n1'), { reason: 'NodeGone', message: '' }),
  outcome,
  wave: 'canary',
  finishedAt: outcome === 'active' ? 0 : now.getTime() - secondsAgo * 1000,
})
/** So many nodes that have begun in the second wave, of which so many are done. */
const half = (begun: number, done: number): NodeView[] =>
  nodes(begun).map(({ metadata: { name } }, index) => ({
    ...canary(index < done ? 'succeeded' : 'active', 60),
    node: name,
    wave: 'half',
  }))
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
  {
    name: 'is the same while one of it is at work, although waiting nodes have gone and its share is less now',
    given: { views: [canary('succeeded', 60), ...half(5, 4)], desired: 8, fixed: { name: 'half', size: 5 } },
    is: { name: 'half', size: 5, room: 0 },
  },
  {
    name: 'is the next one when more have begun than its share is now, and all are done',
    given: { views: [canary('succeeded', 60), ...half(5, 5)], waiting: [node('n8')], desired: 7 },
    is: { name: 'rest', size: 1, room: 1 },
  },
  {
    name: 'is the next one when those who could have begun in it have gone',
    given: { views: half(3, 3), waiting: [], desired: 3, fixed: { name: 'half', size: 5 } },
    is: { name: 'rest', size: 0, room: 0 },
  },
  {
    name: 'is as large as it was, although some of it are away now',
    given: { views: half(3, 2), waiting: [], fixed: { name: 'half', size: 5 } },
    is: { name: 'half', size: 5, room: 2 },
  },
  {
    name: 'is the last one as long as somebody waits, however many did when it began',
    given: { views: half(4, 4), waiting: [node('n8')], desired: 5, fixed: { name: 'rest', size: 0 } },
    is: { name: 'rest', size: 1, room: 1 },
  },
  {
    name: 'is one of nodes with a label for all that have it, however many had when it began',
    given: {
      waves: [{ name: 'edge', selector: { matchLabels: { pool: 'edge' } }, soakSeconds: 0 }],
      waiting: [node('n1', { pool: 'edge' }), node('n2', { pool: 'edge' }), node('n3')],
      fixed: { name: 'edge', size: 1 },
    },
    is: { name: 'edge', size: 2, room: 2 },
  },
  {
    name: 'is none that is over, although its share is more now',
    given: {
      waves: [
        { name: 'half', nodes: '50%', soakSeconds: 0 },
        { name: 'more', nodes: 2, soakSeconds: 0 },
      ],
      views: half(2, 2),
      fixed: { name: 'more', size: 2 },
    },
    is: { name: 'more', size: 2, room: 2 },
  },
  {
    name: 'is none that is over, although the row of its only node went with that',
    given: { views: half(2, 1), fixed: { name: 'half', size: 4 } },
    is: { name: 'half', size: 4, room: 2 },
  },
])('the wave under way $name', ({ given, is }) => {
  expect(look(given)).toMatchObject(is)
})

test.for([
  { name: 'slow', completionTime: '2026-11-21T11:45:00.000Z' },
  { name: 'fast', completionTime: '2026-11-21T12:15:00.000Z' },
])('a wave soaks as long after a node whose clock is $name', ({ completionTime }) => {
  const waves = [{ name: 'canary', nodes: 1, soakSeconds: 60 }]
  const nodeDistributions = [row('n1', { ...delivered, completionTime }, job(), 'canary')]
  const after = (ms: number) =>
    decide({
      job: job({ rollout: rollout({ waves }) }),
      nodes: nodes(2),
      nodeDistributions,
      now: new Date(now.getTime() + ms),
    }).create.length
  expect([after(59_999), after(60_000)]).toEqual([0, 1])
})
