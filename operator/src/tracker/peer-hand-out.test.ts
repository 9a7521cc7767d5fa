// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { SwarmMember } from '@patchswarm/swarm/tracker'
import { beforeEach, expect, test } from 'vitest'
import { createPeerHandOut, type Membership } from './peer-hand-out.ts'

const member = (peerId: string, site = ''): SwarmMember => ({
  peerId,
  addresses: [`/ip4/10.0.0.1/tcp/${peerId.length}`],
  identity: { node: `n-${peerId}`, profile: 'p', role: 'agent', site, podUid: peerId },
})
const [a, b, c] = [member('a'), member('b'), member('c')]
const membership = (members: SwarmMember[], over: Partial<Membership> = {}): Map<string, Membership> =>
  new Map([
    ['p/swarm', { id: new Uint8Array(32), members, maxPeers: 32, readers: [], open: undefined, ...over }],
  ])

let told: string[] = []
const tracker = { publishPeers: (peerId: string) => void told.push(peerId) }
const handOut = createPeerHandOut(tracker)
const tell = async (swarms: Map<string, Membership>): Promise<string[]> => {
  told = []
  handOut.take(swarms)
  await handOut.run(async () => {})
  return told
}
beforeEach(() => tell(new Map()))

test('members are told when a swarm is new, and not again while it is the same', async () => {
  expect(await tell(membership([a, b]))).toEqual(['a', 'b'])
  expect(await tell(membership([{ ...a }, { ...b }]))).toEqual([])
})

test.for<[string, Map<string, Membership>]>([
  ['somebody has joined', membership([a, b, c])],
  ['somebody has left', membership([a])],
  ['somebody has connected anew', membership([a, member('b')])],
  ['somebody is in another site', membership([a, member('b', 'there')])],
  ['others read the origin', membership([a, b], { readers: ['a'] })],
  ['chunks are to stay in their site', membership([a, b], { open: new Set() })],
  ['others get chunks from other sites', membership([a, b], { open: new Set(['a']) })],
  ['everybody may have fewer peers', membership([a, b], { maxPeers: 8 })],
])('they are told anew when %s', async ([, swarms]) => {
  await tell(membership([a, b]))
  expect(await tell(swarms)).not.toEqual([])
})

test('a swarm that was gone meanwhile is a new one', async () => {
  await tell(membership([a, b]))
  await tell(new Map())
  expect(await tell(membership([a, b]))).toEqual(['a', 'b'])
})
