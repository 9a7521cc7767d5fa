// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { NodeLimits, type Rates } from '@patchswarm/swarm/limits'
import { afterEach, expect, test } from 'vitest'
import {
  bytesOf,
  ingest,
  introduce,
  join,
  joinAs,
  log,
  type Member,
  randomFile,
  TestPeers,
} from './support/peers.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

const MB = 1e6
const chunkSize = 64 * 1024

function limitedTo(rates: Rates): NodeLimits {
  const limits = new NodeLimits(log)
  limits.set({ rates, windows: [] })
  return limits
}

/** A seeder and agents that want its file. */
async function swarmOf(size: number, [seeding, ...wanting]: (NodeLimits | undefined)[]) {
  const file = randomFile(size)
  const start = (role: 'seeder' | 'agent', limits: NodeLimits | undefined) =>
    peers.start({ role, ...(limits === undefined ? {} : { limits }) })
  const seeder = await start('seeder', seeding)
  const seeded = await ingest(seeder, file, chunkSize)
  const members = [await join(seeder, seeded)]
  for (const limits of wanting) {
    members.push(await joinAs(await start('agent', limits), seeded))
  }
  return { file, seeded, members }
}

async function secondsOf(members: readonly Member[]): Promise<number> {
  const startedAt = performance.now()
  introduce(members)
  await Promise.all(members.map((member) => member.complete))
  return (performance.now() - startedAt) / 1000
}

test('an uplink of 4 MB a second takes its time for 4 MB, and not much more', async () => {
  const { file, members } = await swarmOf(4 * MB, [limitedTo({ upload: 4 * MB }), undefined])
  const seconds = await secondsOf(members)
  expect(seconds).toBeGreaterThan(0.92)
  expect(seconds).toBeLessThan(4)
  expect(Buffer.compare(await bytesOf(members[1]!), file)).toBe(0)
})

test('a downlink of 4 MB a second takes its time, whoever sends', async () => {
  const { members } = await swarmOf(4 * MB, [undefined, undefined])
  await secondsOf(members)
  const late = await joinAs(
    await peers.start({ limits: limitedTo({ download: 4 * MB }) }),
    members[0]!.artifact,
  )
  const seconds = await secondsOf([...members, late])
  expect(seconds).toBeGreaterThan(0.92)
  expect(seconds).toBeLessThan(4)
  expect(late.artifact.counters.bytesFromPeers).toBe(4 * MB)
})

test('a slow downlink holds up nobody else, and is sent hardly anything twice', async () => {
  // Others may be using this machine: what it takes with nobody slow.
  const alike = await swarmOf(2 * MB, [limitedTo({ upload: 6 * MB }), undefined, undefined])
  const usualMs = 1000 * (await secondsOf(alike.members))
  const slow = limitedTo({ download: 1 * MB })
  const { members } = await swarmOf(2 * MB, [limitedTo({ upload: 6 * MB }), undefined, undefined, slow])
  const startedAt = performance.now()
  introduce(members)
  await Promise.all(members.slice(0, 3).map((member) => member.complete))
  expect(performance.now() - startedAt).toBeLessThan(Math.max(1500, 3 * usualMs))
  await members[3]!.complete
  expect(performance.now() - startedAt).toBeGreaterThan(1800)
  // Of 31; how many are asked for twice before they are held back depends on how busy the machine is.
  expect(members[3]!.swarm.statistics().chunksDuplicate).toBeLessThan(10)
})

test('all swarms of a node share its uplink', async () => {
  const { members } = await swarmOf(1 * MB, [limitedTo({ upload: 4 * MB }), undefined])
  const [seeder, agent] = members.map(({ peer }) => peer)
  const other = await ingest(seeder!, randomFile(3 * MB, 2), chunkSize)
  const others = [await join(seeder!, other), await joinAs(agent!, other)]
  const seconds = await Promise.all([secondsOf(members), secondsOf(others)])
  expect(Math.max(...seconds)).toBeGreaterThan(0.92)
})

test('a change holds at once, for what is under way too', async () => {
  const limits = limitedTo({ upload: 12_500 })
  const { seeded, members } = await swarmOf(4 * MB, [limits, undefined])
  const done = secondsOf(members)
  await sleep(500)
  expect(seeded.counters.bytesToPeers).toBeLessThan(3 * chunkSize)
  limits.set({ windows: [] })
  expect(await done).toBeLessThan(10)
})

test('an uplink that gives way begins slowly, and fills an idle line', async () => {
  const limits = new NodeLimits(log)
  limits.set({ windows: [], yield: true })
  const { members } = await swarmOf(3 * MB, [limits, undefined])
  const seconds = await secondsOf(members)
  expect(seconds).toBeGreaterThan(0.6)
  expect(seconds).toBeLessThan(5)
  limits.stop()
})

test('requests and announcements do not wait with the pieces', async () => {
  // Each has half of it; one sends so slowly that its own requests would starve behind its pieces.
  const file = randomFile(80 * chunkSize)
  const origin = await ingest(await peers.start({ role: 'seeder' }), file, chunkSize)
  const half = async (first: number, limits?: NodeLimits) => {
    const peer = await peers.start(limits === undefined ? {} : { limits })
    const artifact = await peer.store.open(origin.swarmId)
    await artifact.setManifest(origin.manifest!)
    for (let i = first; i < first + 40; i++) {
      await artifact.writeChunk(i, Buffer.from(await origin.readChunk(i)), 'peers')
    }
    return join(peer, artifact, { expectedCid: origin.manifest!.cid })
  }
  const slow = await half(0, limitedTo({ upload: 100_000 }))
  const fast = await half(40)
  const startedAt = performance.now()
  introduce([slow, fast])
  await slow.complete
  expect(performance.now() - startedAt).toBeLessThan(1500)
  expect(fast.artifact.chunksHeld).toBeLessThan(45)
})
