// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Candidate, Connector } from './connector.ts'
import { RefusedError } from './errors.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  connector.stop()
  vi.useRealTimers()
})

let connector: Connector
let dialled: { peerId: string; at: number; addresses: readonly string[] }[] = []
let connected = new Set<string>()
let begun = false
let quarantined = new Set<string>()

function start(
  selfId: string,
  answer: (peerId: string) => boolean,
  { maxPeers = 32, selfRole = 'agent', isMade = true, reason = 'TooManyPeers' } = {},
): void {
  dialled = []
  connected = new Set()
  begun = false
  quarantined = new Set()
  connector = new Connector({
    selfId,
    selfRole,
    maxPeers: () => maxPeers,
    connect: async ({ peerId, addresses }: Candidate) => {
      dialled.push({ peerId, at: Date.now() - startedAt, addresses })
      if (!answer(peerId)) {
        throw new RefusedError(reason, 'not now', true)
      }
      connected.add(peerId)
    },
    isConnected: (peerId) => connected.has(peerId),
    isQuarantined: (peerId) => quarantined.has(peerId),
    connected: () => connected.size,
    isBegun: () => begun,
    isMade,
    now: () => Date.now(),
    random: () => 0.5,
  })
  connector.start()
}

let startedAt = 0
beforeEach(() => {
  startedAt = Date.now()
})

const peer = (peerId: string): Candidate => ({ peerId, addresses: [`/ip4/10.0.0.1/tcp/4001/p2p/${peerId}`] })

test('the lower ID dials at once, the higher one gives the other a moment', async () => {
  start('m', () => true)
  connector.setListed([peer('z'), peer('a')])
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['z'])
  await vi.advanceTimersByTimeAsync(1500)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['z', 'a'])
})

test.for([
  ['agent', 'a', 's', true],
  ['agent', 'z', 's', true],
  ['seeder', 'a', 'x', false],
  ['seeder', 'z', 'x', false],
] as const)(
  'whatever the IDs, a seeder is dialled by the others: %s %s meets %s',
  ([selfRole, self, other, atOnce]) => {
    start(self, () => true, { selfRole })
    connector.setListed([{ ...peer(other), role: other === 's' ? 'seeder' : 'agent' }])
    expect(dialled.length).toBe(atOnce ? 1 : 0)
  },
)

test('a peer that does not answer is dialled less and less often', async () => {
  start('a', () => false)
  connector.setListed([peer('z')])
  await vi.advanceTimersByTimeAsync(120_000)
  const gaps = dialled.slice(1).map(({ at }, i) => at - dialled[i]!.at)
  expect(gaps.toSorted((x, y) => x - y)).toEqual(gaps)
  expect(gaps.at(-1)).toBeGreaterThanOrEqual(30_000)
  expect(dialled.length).toBeLessThan(12)
})

test('a peer that has this node in quarantine is left alone at once for as long as one that never answers', async () => {
  start('a', () => false, { reason: 'Quarantined' })
  connector.setListed([peer('z')])
  connector.retrySoon('z')
  await vi.advanceTimersByTimeAsync(29_000)
  expect(dialled).toHaveLength(1)
})

test('a peer in quarantine is not dialled before that is over', async () => {
  start('a', () => true)
  quarantined.add('z')
  connector.setListed([peer('z')])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(dialled).toEqual([])
  quarantined.clear()
  await vi.advanceTimersByTimeAsync(1000)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['z'])
})

test('it does not dial itself, nor more peers than it may have', async () => {
  start('a', () => true, { maxPeers: 3 })
  connector.setListed(['a', 'b', 'c', 'd', 'e', 'f'].map(peer))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['b', 'c', 'd'])
})

test('a peer that the list names no more is dialled no more, a found one is', async () => {
  start('a', () => false)
  connector.setListed([peer('x')])
  connector.found(peer('y'))
  await vi.advanceTimersByTimeAsync(0)
  connector.setListed([])
  dialled = []
  await vi.advanceTimersByTimeAsync(5000)
  expect(new Set(dialled.map(({ peerId }) => peerId))).toEqual(new Set(['y']))
})

test('peers that were found take no place of those that the list names', async () => {
  start('a', (peerId) => peerId !== 'z', { maxPeers: 4 })
  connector.setListed([peer('y'), peer('z')])
  for (const name of ['f', 'g', 'h', 'i', 'j']) connector.found(peer(name))
  await vi.advanceTimersByTimeAsync(5000)
  expect([...new Set(dialled.map(({ peerId }) => peerId))]).toEqual(['y', 'z', 'f', 'g'])
})

test('nothing is dialled once it is stopped', async () => {
  start('a', () => false)
  connector.stop()
  connector.setListed([peer('x')])
  await vi.advanceTimersByTimeAsync(5000)
  expect(dialled).toEqual([])
})

test('seeders are called first, the others when the manifest is here', async () => {
  start('a', () => true)
  connector.setListed([peer('x'), { ...peer('s'), role: 'seeder' }])
  await vi.advanceTimersByTimeAsync(250)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['s'])
  begun = true
  connector.begun()
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['s', 'x'])
})

test('a seeder that does not answer keeps nobody waiting for long', async () => {
  start('a', (peerId) => peerId !== 's')
  connector.setListed([peer('x'), { ...peer('s'), role: 'seeder' }])
  await vi.advanceTimersByTimeAsync(1000)
  expect(dialled.map(({ peerId }) => peerId)).toContain('x')
})

test('of those that were only found, one may be a seeder: the list says so in a moment', async () => {
  start('a', () => true)
  for (const name of ['x', 's']) connector.found(peer(name))
  await vi.advanceTimersByTimeAsync(250)
  expect(dialled).toEqual([])
  connector.setListed([
    { ...peer('x'), role: 'agent' },
    { ...peer('s'), role: 'seeder' },
  ])
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['s'])
})

test('without a list those that were found are dialled all the same', async () => {
  start('a', () => true)
  connector.found(peer('x'))
  await vi.advanceTimersByTimeAsync(750)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['x'])
})

test('a seeder that is found once more is still the seeder', async () => {
  start('a', () => true)
  connector.setListed([
    { ...peer('x'), role: 'agent' },
    { ...peer('s'), role: 'seeder' },
  ])
  connected.clear()
  dialled = []
  connector.found(peer('s'))
  await vi.advanceTimersByTimeAsync(599)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['s'])
})

test('a file that nobody has had yet: its seeder is left to open the origin first', async () => {
  start('a', () => true, { isMade: false })
  connector.setListed([
    { ...peer('x'), role: 'agent' },
    { ...peer('s'), role: 'seeder' },
  ])
  await vi.advanceTimersByTimeAsync(399)
  expect(dialled).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['s'])
  await vi.advanceTimersByTimeAsync(401)
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['s', 'x'])
})

test('a part of it that is here is reason enough to call others at once', async () => {
  start('a', () => true, { isMade: false })
  begun = true
  connector.setListed([{ ...peer('x'), role: 'agent' }])
  expect(dialled.map(({ peerId }) => peerId)).toEqual(['x'])
})

test.for([
  ['the list names it', (one: Candidate) => connector.setListed([one])],
  ['the profile names it', (one: Candidate) => connector.found({ ...one, isStatic: true })],
] as const)('where %s a peer is dialled first, then where mDNS has seen it last', async ([, name]) => {
  start('a', () => false)
  name({ peerId: 'z', addresses: ['here'] })
  for (let at = 0; at < 30; at++) connector.found({ peerId: 'z', addresses: [`seen ${at}`] })
  await vi.advanceTimersByTimeAsync(5000)
  const last = Array.from({ length: 15 }, (_, back) => `seen ${29 - back}`)
  expect(dialled.at(-1)?.addresses).toEqual(['here', ...last])
})

test('of more than 256 that are found the oldest are forgotten, but not who is connected or named by the profile', async () => {
  start('a', (peerId) => ['c', 'z'].includes(peerId))
  connector.found({ ...peer('s'), isStatic: true })
  connector.found(peer('c'))
  await vi.advanceTimersByTimeAsync(1000)
  for (let at = 0; at < 300; at++) connector.found(peer(`invented ${at}`))
  connector.found(peer('z'))
  dialled = []
  await vi.advanceTimersByTimeAsync(120_000)
  const called = new Set(dialled.map(({ peerId }) => peerId))
  expect(called).toContain('s')
  expect(called).toContain('z')
  expect(called).not.toContain('invented 0')
  expect(called.size).toBeLessThanOrEqual(256)
})
