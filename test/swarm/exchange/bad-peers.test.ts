// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open } from 'node:fs/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { lying, silent, unreadable } from '../support/artifacts.ts'
import { ingest, introduce, join, joinAs, randomFile, TestPeers } from '../support/peers.ts'
import { chunkSize, completed, expectWhole, swarmOf } from '../support/swarm-of.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

describe('peers that fail or lie', () => {
  test('a peer killed in the middle does not stop the others', async () => {
    const { file, members } = await swarmOf(peers, 4, 120, 8)
    introduce(members)
    await vi.waitFor(() => expect(members[2]!.artifact.chunksHeld).toBeGreaterThan(20), 10_000)
    await members[2]!.peer.stop()
    const others = members.filter((_, i) => i !== 2)
    await completed(others)
    await expectWhole(others, file)
  })

  test('a flipped bit is refused, counted, and the file comes from the others', async () => {
    const { file, members } = await swarmOf(peers, 1, 60, 20)
    const liar = await peers.start()
    const lies = await join(liar, lying(await ingest(liar, file, chunkSize)))
    const agent = members[1]!
    introduce([...members, lies])
    await agent.complete
    await expectWhole([agent], file)
    expect(agent.artifact.counters.chunksVerified).toBeGreaterThanOrEqual(60)
    expect(agent.artifact.counters.chunksRefused).toBe(2)
    expect(agent.peer.exchange.conduct).toEqual({ strikes: 2, quarantines: 1, quarantined: 1 })
    // The seeder sends the liar too what it has dropped when it looked.
    const came = agent.swarm.peers().map(({ peerId, bytesDown }) => ({ peerId, bytesDown }))
    expect(came).toEqual([{ peerId: members[0]!.peer.peerId, bytesDown: file.length }])
    await vi.waitFor(() => expect(lies.swarm.statistics().lastRefusal).toContain('Quarantined'), 5000)
  })

  test('a node whose disk went wrong is told so, and makes it good', async () => {
    const { file, seeded, members } = await swarmOf(peers, 1, 12)
    introduce(members)
    await completed(members)
    const old = members[1]!
    const data = await open(old.artifact.dataPath, 'r+')
    await data.write(Buffer.alloc(100), 0, 100, 5 * chunkSize)
    await data.close()
    const late = await joinAs(await peers.start(), seeded)
    introduce([old, late])
    await late.complete
    await expectWhole([old, late], file)
    expect(late.artifact.counters.chunksRefused).toBe(1)
    expect(late.peer.exchange.conduct.quarantines).toBe(0)
  })

  test('what a seeder cannot read it gives up, and the others get the rest of it', async () => {
    const file = randomFile(40 * chunkSize)
    const seeder = await peers.start({ role: 'seeder' })
    const seeded = await ingest(seeder, file, chunkSize)
    // All that it deals first: as many as it has tokens.
    const bad = [0, 1, 2, 3, 4, 5, 6, 7]
    const members = [await join(seeder, unreadable(seeded, bad))]
    for (let i = 0; i < 2; i++) members.push(await joinAs(await peers.start(), seeded))
    introduce(members)
    await vi.waitFor(() => expect(seeded.chunksHeld).toBe(32), 20_000)
    await vi.waitFor(() => {
      for (const { artifact } of members) expect(artifact.chunksHeld).toBe(32)
    }, 20_000)
    expect(members.map(({ peer }) => peer.exchange.conduct.strikes)).toEqual([0, 0, 0])
  })

  test('a peer that invites and sends nothing costs time, not the file', async () => {
    const { file, members } = await swarmOf(peers, 2, 60, 10)
    const mute = await peers.start()
    members.push(await join(mute, silent(await ingest(mute, file, chunkSize))))
    introduce(members)
    await completed(members)
    await expectWhole(members, file)
  })

  test('a manifest of another artifact is not taken', async () => {
    const { seeded, members } = await swarmOf(peers, 0, 5)
    const agent = await peers.start()
    const cid = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'
    const artifact = await agent.store.open(seeded.swarmId)
    const deceived = await join(agent, artifact, { expectedCid: cid })
    introduce([...members, deceived])
    await vi.waitFor(
      () => expect(members[0]!.swarm.statistics().lastRefusal).toContain('Quarantined'),
      10_000,
    )
    expect(artifact.manifest).toBeUndefined()
    expect(artifact.chunksHeld).toBe(0)
  })
})
