// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { beforeEach, describe, expect, test } from 'vitest'
import { type Claim, Places } from './places.ts'

const hourMs = 3_600_000
let now: number
/** Nodes by connected peer ID. */
let connected: Map<string, string>
let pods: Map<string, number>
let places: Places

beforeEach(() => {
  now = Date.UTC(2026, 10, 21)
  connected = new Map()
  pods = new Map([
    ['old', 1],
    ['new', 2],
  ])
  places = new Places({
    connectedOn: (peerId) => connected.get(peerId),
    podCreatedAt: async (name) => pods.get(name),
    now: () => now,
  })
})

const claim = (peerId: string, pod = 'old', node = 'n1', role: 'agent' | 'seeder' = 'agent'): Claim => ({
  peerId,
  podName: pod,
  identity: { node, profile: 'p', role, site: '', podUid: pod },
})
const enter = async (one: Claim, { stays = true } = {}): Promise<string> => {
  try {
    const replaced = await places.enter(one, AbortSignal.timeout(1000))
    if (stays) connected.set(one.peerId, one.identity.node)
    now += hourMs
    return replaced === undefined ? 'in' : `in for ${replaced}`
  } catch (error) {
    return (error as { reason: string }).reason
  }
}

describe('a node', () => {
  test.for<{ name: string; before: Claim; leaves?: boolean; next: Claim; said: string }>([
    { name: 'the same peer that comes back', before: claim('a'), next: claim('a'), said: 'in' },
    { name: 'the same peer in a newer Pod', before: claim('a'), next: claim('a', 'new'), said: 'in' },
    { name: 'another peer in a newer Pod', before: claim('a'), next: claim('b', 'new'), said: 'in for a' },
    { name: 'another peer in an older Pod', before: claim('a', 'new'), next: claim('b'), said: 'NewerPod' },
    {
      name: 'a thief of the token, while the peer is connected',
      before: claim('a'),
      next: claim('b'),
      said: 'PlaceTaken',
    },
    {
      name: 'a peer whose Pod has lost its key',
      before: claim('a'),
      leaves: true,
      next: claim('b'),
      said: 'in for a',
    },
    {
      name: 'the same peer on another node, while it is connected',
      before: claim('a'),
      next: claim('a', 'new', 'n2'),
      said: 'IdentityInUse',
    },
    {
      name: 'the disk of a node that has gone',
      before: claim('a'),
      leaves: true,
      next: claim('a', 'new', 'n2'),
      said: 'in',
    },
    {
      name: 'a second seeder',
      before: claim('a', 'old', 'n1', 'seeder'),
      next: claim('b', 'new', 'n1', 'seeder'),
      said: 'in',
    },
    {
      name: 'a seeder beside its agent',
      before: claim('a'),
      next: claim('b', 'new', 'n1', 'seeder'),
      said: 'in',
    },
  ])('and $name: $said', async ({ before, leaves = false, next, said }) => {
    expect(await enter(before, { stays: !leaves })).toBe('in')
    expect(await enter(next)).toBe(said)
  })

  test('is a newer Pod’s when the older one is gone, whatever that one says', async () => {
    await enter(claim('a', 'new'))
    pods.delete('new')
    expect(await enter(claim('b'))).toBe('in for a')
  })

  test('is nobody else’s while the first is on its way in', async () => {
    const signal = AbortSignal.timeout(1000)
    await places.enter(claim('a'), signal)
    await expect(places.enter(claim('b'), signal)).rejects.toMatchObject({ reason: 'PlaceTaken' })
    await expect(places.enter(claim('a', 'new', 'n2'), signal)).rejects.toMatchObject({
      reason: 'IdentityInUse',
    })
  })

  test('is forgotten once no membership of its last peer holds', async () => {
    await enter(claim('a'), { stays: false })
    now += 24 * hourMs
    await enter(claim('x', 'old', 'n9'))
    expect(await enter(claim('b'))).toBe('in')
  })
})
