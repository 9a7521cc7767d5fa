// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, open } from 'node:fs/promises'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ingest, introduce, join, joinAs, randomFile, TestPeers } from '../support/peers.ts'
import { chunkSize, completed, expectWhole, swarmOf } from '../support/swarm-of.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

describe('honest peers', () => {
  test.for([
    ['an empty file', 0],
    ['one byte', 1],
    ['exactly one chunk', chunkSize],
    ['many chunks and a piece', 40 * chunkSize + 17],
  ] as const)('one agent gets %s from a seeder', async ([, size]) => {
    const file = randomFile(size)
    const seeder = await peers.start({ role: 'seeder' })
    const agent = await peers.start()
    const seeded = await ingest(seeder, file, chunkSize)
    const members = [await join(seeder, seeded), await joinAs(agent, seeded)]
    introduce(members)
    await completed(members)
    await expectWhole(members, file)
    expect(members[1]!.artifact.counters.bytesFromPeers).toBe(file.length)
    expect(members[0]!.artifact.counters.bytesToPeers).toBe(file.length)
  })

  test('five agents get it from each other, the seeder sending hardly more than one copy', async () => {
    const { file, seeded, members } = await swarmOf(peers, 5, 192, 10)
    introduce(members)
    await completed(members)
    await expectWhole(members, file)
    // Each fetching alone would make it five; how much over one it is depends on how fast the machine passes chunks on.
    expect(seeded.counters.bytesToPeers / file.length).toBeLessThan(1.3)
    for (const { artifact } of members.slice(1)) {
      expect(artifact.counters.bytesFromPeers).toBe(file.length)
    }
  })

  test('a file of equal chunks is sent as one chunk', async () => {
    const seeder = await peers.start({ role: 'seeder' })
    const file = Buffer.alloc(50 * chunkSize, 7)
    const seeded = await ingest(seeder, file, chunkSize)
    const members = [await join(seeder, seeded), await joinAs(await peers.start(), seeded)]
    introduce(members)
    await completed(members)
    await expectWhole(members, file)
    expect(seeded.counters.bytesToPeers).toBe(chunkSize)
  })

  test('one that joins late gets it from those that have it, the seeder away', async () => {
    const { file, seeded, members } = await swarmOf(peers, 2, 20)
    introduce(members)
    await completed(members)
    await members[0]!.peer.stop()
    const late = await joinAs(await peers.start(), seeded)
    late.swarm.setPeers(members.slice(1).map(({ peer }) => peer.candidate))
    await late.complete
    await expectWhole([late], file)
  })

  test('an agent waits for the root CID before it takes a manifest', async () => {
    const { file, seeded, members } = await swarmOf(peers, 0, 5)
    const agent = await peers.start()
    const waiting = await join(agent, await agent.store.open(seeded.swarmId))
    introduce([...members, waiting])
    await vi.waitFor(() => expect(waiting.swarm.statistics().peers).toBe(1), 5000)
    expect(waiting.artifact.manifest).toBeUndefined()
    waiting.swarm.expect(seeded.manifest!.cid)
    await waiting.complete
    await expectWhole([waiting], file)
  })

  test('an agent that gets the manifest while its HELLO is on its way to the seeder is dealt to all the same', async () => {
    const file = randomFile(10 * chunkSize)
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>()
    const seeder = await peers.start({ role: 'seeder', hears: () => heard })
    const seeded = await ingest(seeder, file, chunkSize)
    await join(seeder, seeded)
    const knowing = await peers.start()
    await (await knowing.store.open(seeded.swarmId)).setManifest(seeded.manifest!)
    await joinAs(knowing, seeded)
    const waiting = await joinAs(await peers.start(), seeded)
    waiting.swarm.setPeers([seeder.candidate])
    await vi.waitFor(() => expect(waiting.peer.node.connections).toBe(1), 5000)
    waiting.swarm.setPeers([seeder.candidate, knowing.candidate])
    await vi.waitFor(() => expect(waiting.artifact.manifest).toBeDefined(), 5000)
    hear()
    await waiting.complete
    await expectWhole([waiting], file)
  })

  test('an agent that was there before the seeder had read the origin gets it all the same', async () => {
    const file = randomFile(10 * chunkSize)
    const seeder = await peers.start({ role: 'seeder' })
    const agent = await peers.start()
    const first = await ingest(await peers.start(), file, chunkSize)
    const seeding = await join(seeder, await seeder.store.open(first.swarmId))
    const waiting = await joinAs(agent, first)
    introduce([seeding, waiting])
    await vi.waitFor(() => expect(waiting.swarm.statistics().peers).toBe(1), 5000)
    await ingest(seeder, file, chunkSize)
    await waiting.complete
    await expectWhole([waiting], file)
  })

  test('nothing moves while a swarm is suspended, and everything after', async () => {
    const { file, members } = await swarmOf(peers, 1, 100, 5)
    introduce(members)
    const agent = members[1]!
    await vi.waitFor(() => expect(agent.artifact.chunksHeld).toBeGreaterThan(5), 5000)
    agent.swarm.suspend()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const held = agent.artifact.chunksHeld
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(agent.artifact.chunksHeld).toBe(held)
    expect(agent.swarm.statistics()).toMatchObject({ suspended: true, peers: 0 })
    agent.swarm.resume()
    await agent.complete
    await expectWhole([agent], file)
  })

  test('a restarted agent fetches only what it lacks', async () => {
    const { file, seeded, members } = await swarmOf(peers, 1, 100, 5)
    introduce(members)
    const before = members[1]!
    await vi.waitFor(() => expect(before.artifact.chunksHeld).toBeGreaterThan(30), 5000)
    await before.peer.stop()
    const held = before.artifact.bytesHeld
    const { identity, directory } = before.peer
    const after = await joinAs(await peers.start({ identity, directory }), seeded)
    expect(after.artifact.bytesHeld).toBe(held)
    introduce([members[0]!, after])
    await after.complete
    await expectWhole([after], file)
    expect(after.swarm.statistics().bytesDown).toBe(file.length - held)
  })

  test('chunks that a re-hash dropped are fetched again', async () => {
    const { file, members } = await swarmOf(peers, 1, 10)
    introduce(members)
    await completed(members)
    const agent = members[1]!
    await using data = await open(agent.artifact.dataPath, 'r+')
    await data.write(Buffer.from('flipped'), 0, 7, 3 * chunkSize)
    expect(await agent.artifact.rehash()).toEqual([3])
    await vi.waitFor(() => expect(agent.artifact.complete).toBe(true), 10_000)
    await expectWhole([agent], file)
  })

  test('chunks that a sync could not bring to the disk are fetched again', async () => {
    const { file, members } = await swarmOf(peers, 1, 60, 10)
    introduce(members)
    const agent = members[1]!
    await vi.waitFor(() => expect(agent.artifact.chunksHeld).toBeGreaterThan(10), 5000)
    await using data = await open(agent.artifact.dataPath)
    const spy = vi.spyOn(Object.getPrototypeOf(data) as FileHandle, 'datasync')
    onTestFinished(() => spy.mockRestore())
    spy.mockRejectedValueOnce(new Error('EIO'))
    await expect(agent.artifact.sync()).rejects.toThrow('EIO')
    expect(agent.artifact.chunksHeld).toBeLessThan(10)
    await agent.complete
    await expectWhole([agent], file)
  })
})
