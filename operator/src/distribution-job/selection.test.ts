// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { job, node, profile } from '../testing/objects.ts'
import { selectNodes } from './selection.ts'

const fleet = [
  node('a', { pool: 'edge', zone: '1' }),
  node('b', { pool: 'edge', zone: '2' }),
  node('c', { pool: 'core', zone: '1' }),
  node('d', { pool: 'edge', zone: '1' }, { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
  node(
    'e',
    { pool: 'edge', zone: '1' },
    { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
  ),
]

test.for<{ name: string; target?: object; profile?: object; selects: string }>([
  { name: 'an empty target means all nodes that run an agent', selects: 'abce' },
  { name: 'the profile limits the target', profile: { nodeSelector: { pool: 'edge' } }, selects: 'abe' },
  {
    name: 'a tolerated taint lets a node in',
    profile: { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    selects: 'abcde',
  },
  {
    name: 'a toleration of another value does not',
    profile: { tolerations: [{ key: 'gpu', value: 'no' }] },
    selects: 'abce',
  },
  { name: 'labels choose', target: { nodeSelector: { matchLabels: { zone: '1' } } }, selects: 'ace' },
  {
    name: 'expressions choose',
    target: { nodeSelector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['1'] }] } },
    selects: 'b',
  },
  { name: 'names choose', target: { nodeNames: ['a', 'c', 'z'] }, selects: 'ac' },
  {
    name: 'names and labels must both hold',
    target: { nodeNames: ['a', 'c'], nodeSelector: { matchLabels: { pool: 'core' } } },
    selects: 'c',
  },
])('$name', ({ target = {}, profile: spec = {}, selects }) => {
  const selected = selectNodes(job({ target }), profile(spec), fleet, undefined)
  expect(selected.map((one) => one.metadata.name).join('')).toBe(selects)
})

test('nodes that an older profile has are not meant', () => {
  const older = profile({ nodeSelector: { zone: '1' } }, 'old')
  const selected = selectNodes(job(), profile(), fleet, undefined, [{ profile: older, by: 'labels' }])
  expect(selected.map((one) => one.metadata.name).join('')).toBe('b')
})
