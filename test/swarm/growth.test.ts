// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createIdentity } from '@patchswarm/swarm/identity'
import { swarmId } from '@patchswarm/swarm/manifest'
import type { Ingest, StoredArtifact } from '@patchswarm/swarm/store'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bytesOf,
  digestOf,
  introduce,
  join,
  type Member,
  randomFile,
  type TestPeer,
  TestPeers,
} from './support/peers.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

const chunkSize = 64 * 1024
const until = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 5 })

interface Reading {
  readonly member: Member
  readonly ingest: Ingest
}

/** A seeder that reads the file as the test tells it. */
async function reader(file: Buffer, told = file, peer?: TestPeer): Promise<Reading> {
  const seeder = peer ?? (await peers.start({ role: 'seeder' }))
  const artifact = await seeder.store.open(swarmId(digestOf(told), chunkSize))
  const ingest = await artifact.beginIngest(file.length, chunkSize)
  return { member: await join(seeder, artifact), ingest }
}

/** An agent that knows the digest, and no root CID. */
async function agentFor(file: Buffer, peer?: TestPeer): Promise<Member> {
  const agent = peer ?? (await peers.start())
  return join(agent, await agent.store.open(swarmId(digestOf(file), chunkSize)))
}

async function agentsFor(file: Buffer, count: number): Promise<Member[]> {
  return Promise.all(Array.from({ length: count }, () => agentFor(file)))
}

async function read(ingest: Ingest, file: Buffer, until: number, everyMs = 0): Promise<void> {
  while (ingest.offset < until) {
    await ingest.write(file.subarray(ingest.offset, Math.min(until, ingest.offset + chunkSize)))
    if (everyMs > 0) await sleep(everyMs)
  }
}

const held = ({ artifact }: Pick<Member, 'artifact'>): number => artifact.bytesHeld
const all = (members: readonly Member[], bytes: number) =>
  until(() => {
    for (const member of members) expect(held(member)).toBe(bytes)
  })

const whole = async (members: readonly Member[], file: Buffer) => {
  for (const member of members) expect(Buffer.compare(await bytesOf(member), file)).toBe(0)
}

describe('while the seeder still reads', () => {
  test('agents have what it has read, and are done in the moment in which it is', async () => {
    const file = randomFile(60 * chunkSize - 100)
    const { member: seeder, ingest } = await reader(file)
    const agents = await agentsFor(file, 5)
    introduce([seeder, ...agents])
    await read(ingest, file, 20 * chunkSize, 2)
    await all(agents, 20 * chunkSize)
    expect(agents.every(({ artifact }) => artifact.manifest === undefined)).toBe(true)

    await read(ingest, file, file.length, 2)
    await ingest.finish(digestOf(file).slice('sha256:'.length))
    const ended = performance.now()
    const { cid } = seeder.artifact.manifest!
    for (const { swarm } of agents) swarm.expect(cid)
    await Promise.all(agents.map(({ complete }) => complete))
    expect(performance.now() - ended).toBeLessThan(5000)
    await whole(agents, file)
    // The whole time every chunk left the seeder once.
    expect(seeder.artifact.counters.bytesToPeers / file.length).toBeLessThan(1.5)
  })

  test('an agent that never meets the seeder gets parts and chunks from one that does', async () => {
    const file = randomFile(30 * chunkSize)
    const { member: seeder, ingest } = await reader(file)
    const [near, far] = (await agentsFor(file, 2)) as [Member, Member]
    seeder.swarm.setPeers([near.peer.candidate])
    near.swarm.setPeers([far.peer.candidate])
    await read(ingest, file, 10 * chunkSize)
    await all([near, far], 10 * chunkSize)
    await read(ingest, file, file.length, 1)
    await all([near, far], file.length)
    await far.swarm.prove()
    await far.complete
    await whole([far], file)
  })

  test('an agent that comes late, or comes back from its disk, goes on from there', async () => {
    const file = randomFile(30 * chunkSize)
    const { member: seeder, ingest } = await reader(file)
    const first = await agentFor(file)
    introduce([seeder, first])
    await read(ingest, file, 12 * chunkSize)
    await all([first], 12 * chunkSize)
    await first.peer.stop()

    const { identity, directory } = first.peer
    const again = await agentFor(file, await peers.start({ identity, directory }))
    expect(held(again)).toBe(12 * chunkSize)
    const before = seeder.artifact.counters.bytesToPeers
    const late = await agentFor(file)
    introduce([seeder, again, late])
    await read(ingest, file, file.length)
    await all([again, late], file.length)
    expect(again.artifact.counters.bytesFromPeers).toBe(file.length)
    expect(seeder.artifact.counters.bytesToPeers - before).toBeLessThan(2 * file.length)
  })

  describe('an agent that comes back when all is read, and that nobody tells the root CID', () => {
    const file = randomFile(30 * chunkSize)
    const honest = { strikes: 0, quarantines: 0, quarantined: 0 }

    /** A seeder and an agent that has the whole file, and another agent that went when it had a part of it. */
    async function gone() {
      const { member: seeder, ingest } = await reader(file)
      const [stayed, left] = (await agentsFor(file, 2)) as [Member, Member]
      introduce([seeder, stayed, left])
      await read(ingest, file, 12 * chunkSize)
      await all([stayed, left], 12 * chunkSize)
      await left.peer.stop()
      await read(ingest, file, file.length)
      await ingest.finish(digestOf(file).slice('sha256:'.length))
      stayed.swarm.expect(seeder.artifact.manifest!.cid)
      await stayed.complete
      return { seeder, stayed, comesBack: async () => agentFor(file, await startedAgain(left)) }
    }

    const startedAgain = ({ peer: { identity, directory } }: Member, role: 'agent' | 'seeder' = 'agent') =>
      peers.start({ identity, directory, role })

    test.for(['seeder', 'stayed'] as const)('gets the rest from one that was there: %s', async (who) => {
      const there = await gone()
      const again = await there.comesBack()
      introduce([there[who], again])
      await all([again], file.length)
      await whole([again], file)
      expect(again.peer.exchange.conduct).toEqual(honest)
    })

    test('bears no grudge against a seeder that was not: it has signed nothing, and deals once the CID is known', async () => {
      const { seeder, comesBack } = await gone()
      const { cid } = seeder.artifact.manifest!
      await seeder.peer.stop()
      const anew = await agentFor(file, await startedAgain(seeder, 'seeder'))
      const again = await comesBack()
      introduce([anew, again])
      await until(() => expect(again.swarm.peers()).toHaveLength(1))
      again.swarm.expect(cid)
      await again.complete
      expect(again.peer.exchange.conduct).toEqual(honest)
    })
  })

  test('chunks that lie on a node already are not sent to it, but for those under way when it learns of them', async () => {
    const old = randomFile(20 * chunkSize, 7)
    const file = Buffer.concat([old.subarray(0, 16 * chunkSize), randomFile(4 * chunkSize, 8)])
    const agent = await peers.start()
    const kept = await agent.store.open(swarmId(digestOf(old), chunkSize))
    const copy = await kept.beginIngest(old.length, chunkSize)
    await copy.write(old)
    await copy.finish(undefined)
    const { member: seeder, ingest } = await reader(file)
    const member = await agentFor(file, agent)
    introduce([seeder, member])
    await read(ingest, file, file.length, 20)
    await all([member], file.length)
    const { bytesFromCache, bytesFromPeers } = member.artifact.counters
    expect(bytesFromCache + bytesFromPeers).toBe(file.length)
    expect(bytesFromCache).toBeGreaterThanOrEqual(8 * chunkSize)
  })

  test('another seeder that begins anew is believed where it says otherwise', async () => {
    const file = randomFile(20 * chunkSize)
    const torn = Buffer.concat([file.subarray(0, 3 * chunkSize), randomFile(17 * chunkSize, 5)])
    const { member: gone, ingest: broken } = await reader(torn, file)
    const agents = await agentsFor(file, 3)
    introduce([gone, ...agents])
    await read(broken, torn, 10 * chunkSize)
    await all(agents, 10 * chunkSize)
    await gone.peer.stop()

    const { member: seeder, ingest } = await reader(file)
    introduce([seeder, ...agents])
    await read(ingest, file, file.length)
    await all(agents, file.length)
    await whole(agents, file)
  })
})

describe('what is not believed', () => {
  test('parts of somebody who is no seeder', async () => {
    const file = randomFile(5 * chunkSize)
    const impostor = await peers.start({ role: 'agent' })
    const { member, ingest } = await reader(file, file, impostor)
    const agent = await agentFor(file)
    introduce([member, agent])
    await read(ingest, file, file.length, 5)
    await until(() => expect(agent.peer.exchange.conduct.strikes).toBeGreaterThan(0))
    expect(agent.artifact.growing).toBeUndefined()
  })

  test('parts that another key has signed than the one of the seeder', async () => {
    const file = randomFile(5 * chunkSize)
    const forger = await peers.start({ role: 'seeder', signer: createIdentity() })
    const { member, ingest } = await reader(file, file, forger)
    const agent = await agentFor(file)
    introduce([member, agent])
    await read(ingest, file, file.length, 5)
    await until(() => expect(agent.peer.exchange.conduct.strikes).toBeGreaterThan(0))
    expect(agent.artifact.growing).toBeUndefined()
  })

  test('a seeder that signs two digests for one chunk: all that it said is given up, also where it came second hand', async () => {
    const file = randomFile(8 * chunkSize)
    const forged = Buffer.concat([file.subarray(0, 4 * chunkSize), randomFile(4 * chunkSize, 9)])
    const liar = await peers.start({ role: 'seeder' })
    const { member, ingest } = await reader(file, file, liar)
    const [near, far] = (await agentsFor(file, 2)) as [Member, Member]
    introduce([member, near])
    near.swarm.setPeers([far.peer.candidate])
    await read(ingest, file, 6 * chunkSize)
    await all([near, far], 6 * chunkSize)
    lie(member.artifact, forged)
    // It greets everybody anew, and says what it has read.
    member.swarm.suspend()
    member.swarm.resume()
    await until(() => {
      for (const { artifact } of [near, far])
        expect([artifact.bytesHeld, artifact.growing === undefined]).toEqual([0, true])
    })
    await until(() => expect(near.peer.exchange.conduct.quarantines).toBe(1))
  })

  test('a file that turns out not to be the one of the digest', async () => {
    const file = randomFile(12 * chunkSize)
    const wrong = randomFile(12 * chunkSize, 2)
    const { member: seeder, ingest } = await reader(wrong, file)
    const agents = await agentsFor(file, 2)
    introduce([seeder, ...agents])
    await read(ingest, wrong, wrong.length)
    await all(agents, wrong.length)
    const [first] = agents as [Member]
    await first.swarm.refute()
    expect([first.artifact.bytesHeld, first.artifact.complete]).toEqual([0, false])
    // The others hold it still and offer it, and are not believed.
    await sleep(300)
    expect(first.artifact.growing).toBeUndefined()
  })
})

/** Has what the seeder says of the leaves from now on be about another file. */
function lie({ growing }: StoredArtifact, forged: Buffer): void {
  if (growing === undefined) throw new Error('it has read all')
  for (let leaf = 4; leaf < 6; leaf++) {
    const bytes = forged.subarray(leaf * chunkSize, (leaf + 1) * chunkSize)
    growing.note(leaf, createHash('sha256').update(bytes).digest())
  }
}
