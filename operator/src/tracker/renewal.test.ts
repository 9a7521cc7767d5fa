// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { node, profile } from '../testing/objects.ts'
import { hasMoved, isDue } from './renewal.ts'

const hours = (count: number) => count * 3_600_000
const client = (peerId: string) => ({ peerId, connectedAt: 0 }) as TrackerClientView
const peers = Array.from({ length: 200 }, (_, index) => client(`peer-${index}`))
const dueAfter = (count: number) => peers.filter((one) => isDue(one, hours(count))).length

test('every connection ends before its membership does, not all in the same hour', () => {
  expect(dueAfter(11)).toBe(0)
  expect(dueAfter(15)).toBeGreaterThan(50)
  expect(dueAfter(15)).toBeLessThan(150)
  expect(dueAfter(18)).toBe(200)
})

test.for<{ name: string; labels?: Record<string, string>; site: string; moved: boolean }>([
  { name: 'has moved when its node says another site', labels: { store: '8' }, site: '7', moved: true },
  { name: 'has moved when its node says none any more', labels: {}, site: '7', moved: true },
  { name: 'has not while it says the same', labels: { store: '7' }, site: '7', moved: false },
  { name: 'has not when its node is gone', site: '7', moved: false },
])('a client $name', ({ labels, site, moved }) => {
  const identity = { node: 'n1', profile: 'default', role: 'agent', site, podUid: 'uid' } as const
  const nodes = { get: () => labels && node('n1', labels) }
  const profiles = { get: () => profile({ siteLabel: 'store' }) }
  expect(hasMoved({ identity }, { nodes, profiles })).toBe(moved)
})
