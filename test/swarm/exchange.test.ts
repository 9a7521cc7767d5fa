// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open } from 'node:fs/promises'
import { createIdentity } from '@patchswarm/swarm/identity'
import type { Chunking } from '@patchswarm/swarm/manifest'
import { clockSkewMs } from '@patchswarm/swarm/membership'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { lying, silent, slow } from './support/artifacts.ts'
import {
  bytesOf,
  digestOf,
  ingest,
  introduce,
  join,
  joinAs,
  type Member,
  operator,
  randomFile,
  TestPeers,
} from './support/peers.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

const chunkSize = 64 * 1024

/** A seeder with a file, and agents that want it; nobody knows of anybody yet. */
async function swarmOf(agents: number, chunks: number, chunkMs = 0) {
  const file = randomFile(chunks * chunkSize - 100)
  const seeder = await peers.start({ role: 'seeder' })
  const seeded = await ingest(seeder, file, chunkSize)
  const members = [await join(seeder, chunkMs === 0 ? seeded : slow(seeded, chunkMs))]
  for (let i = 0; i < agents; i++) {
    members.push(await joinAs(await peers.start(), seeded))
  }
  return { file, seeded, members }
}

const completed = (members: readonly Member[]) => Promise.all(members.map((member) => member.complete))

async function expectWhole(members: readonly Member[], file: Buffer): Promise<void> {
  for (const member of members) {
    expect(Buffer.compare(await bytesOf(member), file)).toBe(0)
  }
}

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
    const { file, seeded, members } = await swarmOf(5, 192, 10)
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
    const { file, seeded, members } = await swarmOf(2, 20)
    introduce(members)
    await completed(members)
    await members[0]!.peer.stop()
    const late = await joinAs(await peers.start(), seeded)
    late.swarm.setPeers(members.slice(1).map(({ peer }) => peer.candidate))
    await late.complete
    await expectWhole([late], file)
  })

  test('an agent waits for the root CID before it takes a manifest', async () => {
    const { file, seeded, members } = await swarmOf(0, 5)
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
    const { file, members } = await swarmOf(1, 100, 5)
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
    const { file, seeded, members } = await swarmOf(1, 100, 5)
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
    const { file, members } = await swarmOf(1, 10)
    introduce(members)
    await completed(members)
    const agent = members[1]!
    await using data = await open(agent.artifact.dataPath, 'r+')
    await data.write(Buffer.from('flipped'), 0, 7, 3 * chunkSize)
    const dropped = await agent.artifact.rehash()
    expect(dropped).toEqual([3])
    agent.swarm.lost(dropped)
    await vi.waitFor(() => expect(agent.artifact.complete).toBe(true), 10_000)
    await expectWhole([agent], file)
  })
})

interface Versions {
  readonly before: Buffer
  readonly after: Buffer
  readonly chunking?: Chunking
}

describe('a second version of a file that is on the nodes', () => {
  const chunks = 80
  /** Every fourth chunk is another one. */
  function versions() {
    const before = randomFile(chunks * chunkSize - 100)
    const after = Buffer.from(before)
    for (let chunk = 3; chunk < chunks; chunk += 4) {
      randomFile(chunkSize - 100, chunk).copy(after, chunk * chunkSize)
    }
    const changed = Array.from({ length: chunks / 4 }, (_, at) => 4 * at + 3)
    const bytes = changed.reduce((sum, at) => sum + Math.min(chunkSize, after.length - at * chunkSize), 0)
    return { before, after, changed: bytes }
  }

  /** Agents that hold the first version, in a swarm for the second with a seeder that has read it. */
  async function upgrading(agents: number, versions: Versions) {
    const { before, after, chunking = chunkSize } = versions
    const seeder = await peers.start({ role: 'seeder' })
    const seeded = await ingest(seeder, after, chunking)
    const holders = await Promise.all(Array.from({ length: agents }, () => peers.start()))
    const older = await Promise.all(holders.map((peer) => ingest(peer, before, chunking)))
    const members = [await join(seeder, seeded)]
    return { seeded, holders, older, members }
  }

  test('moves only what changed, and each node counts the rest as cache', async () => {
    const file = versions()
    const { seeded, holders, members } = await upgrading(3, file)
    for (const peer of holders) members.push(await joinAs(peer, seeded))
    introduce(members)
    await completed(members)
    await expectWhole(members, file.after)
    for (const { artifact, swarm } of members.slice(1)) {
      expect(artifact.counters).toMatchObject({
        bytesFromPeers: file.changed,
        bytesFromCache: file.after.length - file.changed,
        chunksRefused: 0,
      })
      // A chunk that is late on a busy machine may come twice.
      expect(swarm.statistics().bytesDown).toBeLessThanOrEqual(file.changed + 2 * chunkSize)
    }
    const sent = members.reduce((sum, { artifact }) => sum + artifact.counters.bytesToPeers, 0)
    expect(sent).toBeLessThanOrEqual(3 * (file.changed + 2 * chunkSize))
  })

  test.for([
    { strategy: 'ContentDefined', moves: 'a tenth of it at most', least: 0.05, most: 0.1 },
    { strategy: 'Fixed', moves: 'all that stands behind them', least: 0.5, most: 0.56 },
  ] as const)('with bytes inserted in the middle moves $moves ($strategy)', async (row) => {
    const before = randomFile(32 * 1024 * 1024)
    const middle = before.length / 2
    const inserted = randomFile(before.length / 20, 2)
    const after = Buffer.concat([before.subarray(0, middle), inserted, before.subarray(middle)])
    const chunking = { strategy: row.strategy, size: 256 * 1024 }
    const { seeded, holders, members } = await upgrading(2, { before, after, chunking })
    for (const peer of holders) members.push(await joinAs(peer, seeded))
    introduce(members)
    await completed(members)
    await expectWhole(members, after)
    for (const { artifact } of members.slice(1)) {
      const { bytesFromPeers, bytesFromCache } = artifact.counters
      expect(bytesFromPeers / after.length).toBeGreaterThan(row.least * 0.9)
      expect(bytesFromPeers / after.length).toBeLessThanOrEqual(row.most)
      expect(bytesFromPeers + bytesFromCache).toBe(after.length)
    }
  })

  test('reaches a node without the first one, too, from those that had it', async () => {
    const file = versions()
    const { seeded, holders, members } = await upgrading(2, file)
    const fresh = await joinAs(await peers.start(), seeded)
    for (const peer of holders) members.push(await joinAs(peer, seeded))
    introduce([...members, fresh])
    await completed([...members, fresh])
    await expectWhole([...members, fresh], file.after)
    expect(fresh.artifact.counters).toMatchObject({ bytesFromPeers: file.after.length, bytesFromCache: 0 })
  })

  test('with wrong bytes on the old disk comes from the peers, and the old file is mended', async () => {
    const file = versions()
    const { seeded, holders, older, members } = await upgrading(1, file)
    const first = await peers.start({ role: 'seeder' })
    const source = await join(first, await ingest(first, file.before, chunkSize))
    const mended = await join(holders[0]!, older[0]!)
    await using data = await open(mended.artifact.dataPath, 'r+')
    await data.write(Buffer.from('flipped'), 0, 7, 4 * chunkSize)
    introduce([source, mended])
    members.push(await joinAs(holders[0]!, seeded))
    introduce(members)
    await completed(members)
    await expectWhole(members, file.after)
    expect(members[1]!.artifact.counters).toMatchObject({
      bytesFromPeers: file.changed + chunkSize,
      bytesFromCache: file.after.length - file.changed - chunkSize,
      chunksRefused: 1,
    })
    await vi.waitFor(async () => expect(Buffer.compare(await bytesOf(mended), file.before)).toBe(0), 10_000)
  })

  test('is not copied while the swarm is suspended, and is after', async () => {
    const file = versions()
    const { seeded, holders } = await upgrading(1, file)
    const artifact = await holders[0]!.store.open(seeded.swarmId)
    await artifact.setManifest(seeded.manifest!)
    const alone = await joinAs(holders[0]!, seeded)
    alone.swarm.suspend()
    await new Promise((resolve) => setTimeout(resolve, 200))
    // Two may have been on their way already.
    expect(artifact.chunksHeld).toBeLessThanOrEqual(2)
    alone.swarm.resume()
    await vi.waitFor(() => expect(artifact.chunksHeld).toBe((chunks * 3) / 4), 5000)
    expect(alone.swarm.statistics().peers).toBe(0)
  })
})

describe('peers that fail or lie', () => {
  test('a peer killed in the middle does not stop the others', async () => {
    const { file, members } = await swarmOf(4, 120, 8)
    introduce(members)
    await vi.waitFor(() => expect(members[2]!.artifact.chunksHeld).toBeGreaterThan(20), 10_000)
    await members[2]!.peer.stop()
    const others = members.filter((_, i) => i !== 2)
    await completed(others)
    await expectWhole(others, file)
  })

  test('a flipped bit is refused, counted, and the file comes from the others', async () => {
    const { file, members } = await swarmOf(1, 60, 20)
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
    const { file, seeded, members } = await swarmOf(1, 12)
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

  test('a peer that invites and sends nothing costs time, not the file', async () => {
    const { file, members } = await swarmOf(2, 60, 10)
    const mute = await peers.start()
    members.push(await join(mute, silent(await ingest(mute, file, chunkSize))))
    introduce(members)
    await completed(members)
    await expectWhole(members, file)
  })

  test('a manifest of another artifact is not taken', async () => {
    const { seeded, members } = await swarmOf(0, 5)
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

describe('who is spoken to', () => {
  test.for([
    ['no membership', { none: true }, 'Malformed'],
    ['an expired one', { expiresAt: Date.now() - 3_600_000 }, 'Expired'],
    ['one of a clock that is too far ahead', { issuedAt: Date.now() + 360_000 }, 'NotYetValid'],
    ['one that another operator signed', { signer: createIdentity() }, 'BadSignature'],
    ["another peer's", { peerId: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA' }, 'WrongPeer'],
    ['one of another profile', { profile: 'edge' }, 'OtherProfile'],
  ] as const)('a peer with %s is refused and told so', async ([, membership, reason]) => {
    const { members, seeded } = await swarmOf(0, 5)
    const stranger = await joinAs(await peers.start({ membership }), seeded)
    introduce([...members, stranger])
    const said = () => stranger.swarm.statistics().lastRefusal ?? ''
    await vi.waitFor(() => expect(said()).toContain(reason), 5000)
    expect(stranger.artifact.chunksHeld).toBe(0)
    expect(members[0]!.swarm.statistics().peers).toBe(0)
  })

  test('while the operator changes its key, members of the old one and the new one are of one swarm', async () => {
    const [old, young] = [operator, createIdentity()]
    const operators = [old.peerId, young.peerId]
    const file = randomFile(20 * chunkSize)
    const seeder = await peers.start({ role: 'seeder', operators })
    const seeded = await ingest(seeder, file, chunkSize)
    const renewed = await peers.start({ operators, membership: { signer: young } })
    const members = [await join(seeder, seeded), await joinAs(renewed, seeded)]
    introduce(members)
    await completed(members)
    await expectWhole(members, file)
  })

  test.for([
    ['five minutes behind', { expiresAt: Date.now() - 240_000 }],
    ['five minutes ahead', { issuedAt: Date.now() + 240_000 }],
  ] as const)('a clock almost %s is no hindrance', async ([, membership]) => {
    const { members, seeded, file } = await swarmOf(0, 5)
    const agent = await joinAs(await peers.start({ membership }), seeded)
    introduce([...members, agent])
    await agent.complete
    await expectWhole([agent], file)
  })

  test('a peer whose node is revoked is left and not taken back, until it has proven itself anew', async () => {
    const { members } = await swarmOf(1, 200, 20)
    introduce(members)
    const [seeder, agent] = [members[0]!, members[1]!]
    await vi.waitFor(() => expect(agent.artifact.chunksHeld).toBeGreaterThan(2), 5000)
    const node = `node-${agent.peer.peerId.slice(-4)}`
    seeder.peer.exchange.setRevoked(new Map([[node, new Set()]]))
    await vi.waitFor(() => expect(agent.swarm.statistics().lastRefusal).toContain('Revoked'), 5000)
    expect(seeder.swarm.statistics().peers).toBe(0)
    seeder.peer.exchange.setRevoked(new Map([[node, new Set([agent.peer.peerId])]]))
    await vi.waitFor(() => expect(seeder.swarm.statistics().peers).toBe(1), 10_000)
  })

  test('a peer whose membership runs out while it is connected is left', async () => {
    const { members, seeded } = await swarmOf(0, 200, 20)
    const [seeder] = members as [Member]
    const expiresAt = Date.now() + 3_600_000
    const brief = await joinAs(await peers.start({ membership: { expiresAt } }), seeded)
    introduce([seeder, brief])
    await vi.waitFor(() => expect(brief.artifact.chunksHeld).toBeGreaterThan(0), 10_000)
    const later = vi.spyOn(Date, 'now').mockReturnValue(expiresAt + clockSkewMs)
    try {
      seeder.peer.exchange.setRevoked(new Map())
      await vi.waitFor(() => expect(brief.swarm.statistics().lastRefusal).toContain('Expired'), 10_000)
      expect(seeder.swarm.statistics().peers).toBe(0)
    } finally {
      later.mockRestore()
    }
  })

  test('addresses outside allowedCIDRs are neither dialled nor announced', async () => {
    const { members, seeded } = await swarmOf(0, 5)
    const agent = await peers.start({ allowedCIDRs: ['10.0.0.0/8', 'fc00::/7'] })
    expect(agent.node.addresses()).toEqual([])
    const shut = await joinAs(agent, seeded)
    shut.swarm.setPeers([members[0]!.peer.candidate])
    await vi.waitFor(() => expect(shut.swarm.statistics().lastRefusal).toContain('allowedCIDRs'), 5000)
    expect(members[0]!.peer.node.connections).toBe(0)
  })

  test('connections from outside allowedCIDRs are not taken', async () => {
    const seeder = await peers.start({ role: 'seeder', allowedCIDRs: ['127.0.7.0/24'] })
    const seeded = await ingest(seeder, randomFile(1000), chunkSize)
    await join(seeder, seeded)
    // On loopback a connection comes from 127.0.0.1, which that profile does not list.
    const agent = await joinAs(await peers.start(), seeded)
    agent.swarm.setPeers([seeder.candidate])
    await vi.waitFor(() => expect(agent.swarm.statistics().lastRefusal).toBeDefined(), 10_000)
    expect(seeder.node.connections).toBe(0)
  })

  test('a node tells strangers nothing of a swarm, and members that it is not in it', async () => {
    const { members } = await swarmOf(0, 5)
    const other = await peers.start()
    const elsewhere = await join(other, await ingest(other, randomFile(1000, 2), chunkSize))
    elsewhere.swarm.setPeers([members[0]!.peer.candidate])
    await vi.waitFor(() => expect(elsewhere.swarm.statistics().lastRefusal).toContain('UnknownSwarm'), 5000)
    expect(digestOf(randomFile(10))).not.toBe(digestOf(randomFile(10, 2)))
  })
})
