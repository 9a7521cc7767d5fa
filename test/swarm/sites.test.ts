// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { createIdentity } from '@patchswarm/swarm/identity'
import { NodeLimits } from '@patchswarm/swarm/limits'
import { swarmId } from '@patchswarm/swarm/manifest'
import { peerLists, type SwarmMember } from '@patchswarm/swarm/tracker'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bytesOf,
  digestOf,
  ingest,
  join,
  joinAs,
  log,
  type Member,
  randomFile,
  type TestPeer,
  TestPeers,
} from './support/peers.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

const chunkSize = 64 * 1024
const chunks = 64
const file = randomFile(chunks * chunkSize)
/** Of a peer list: two of each site are elected then, and nobody else has links to others. */
const maxPeers = 8
const electedCount = 2
const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 20_000, interval: 5 })

interface Located extends Member {
  readonly site: string
}

const startAt = (site: string, role: TestPeer['role'] = 'agent', limits?: NodeLimits): Promise<TestPeer> =>
  peers.start({ role, membership: { site }, ...(limits && { limits }) })

/** A seeder that has the file; `slow`: it sends four megabytes a second. */
async function seederAt(site: string, { slow = false } = {}): Promise<Located> {
  const limits = new NodeLimits(log)
  if (slow) limits.set({ rates: { upload: 4_000_000 }, windows: [] })
  const seeder = await startAt(site, 'seeder', limits)
  return { ...(await join(seeder, await ingest(seeder, file, chunkSize))), site }
}

const agentsAt = (site: string, count: number, seeder: Member): Promise<Located[]> =>
  Promise.all(
    Array.from({ length: count }, async () => ({
      ...(await joinAs(await startAt(site), seeder.artifact)),
      site,
    })),
  )

async function threeSites(options?: { slow: boolean }): Promise<Located[]> {
  const seeder = await seederAt('a', options)
  const agents = await Promise.all([
    agentsAt('a', 3, seeder),
    agentsAt('b', 4, seeder),
    agentsAt('c', 4, seeder),
  ])
  return [seeder, ...agents.flat()]
}

const view = ({ peer: { peerId, role, candidate }, site }: Located): SwarmMember => ({
  peerId,
  addresses: candidate.addresses,
  identity: { node: peerId, profile: 'default', role, site, podUid: peerId },
})

interface Told {
  readonly others?: readonly SwarmMember[]
  /** Peer IDs. */
  readonly readers?: readonly string[]
  readonly open?: ReadonlySet<string>
}

function listsOf(members: readonly Located[], { others = [], readers, open }: Told = {}) {
  const { swarmId: id } = members[0]!.artifact
  return peerLists([...members.map(view), ...others], maxPeers, id, readers, open)
}

/** As the tracker does it. */
function introduce(members: readonly Located[], told?: Told): void {
  const lists = listsOf(members, told)
  for (const { peer, swarm } of members) {
    const list = (lists.get(peer.peerId) ?? []).map((one) => ({
      ...one,
      peerId: one.peerId!,
      addresses: one.addresses!,
    }))
    swarm.setPeers(list)
  }
}

const nowhere = (members: readonly Located[]) => members.map((member) => ({ ...member, site: '' }))
const agents = (members: readonly Located[]) => members.filter(({ peer }) => peer.role === 'agent')
const at = (site: string, members: readonly Located[]) => agents(members).filter((one) => one.site === site)
const allComplete = (members: readonly Located[]) =>
  Promise.all(agents(members).map(({ complete }) => complete))
const isElected = ({ swarm }: Member, members: readonly Located[]) => {
  const sites = new Map(members.map(({ peer, site }) => [peer.peerId, site]))
  return new Set(swarm.peers().map(({ peerId }) => sites.get(peerId))).size > 1
}

/** Copies of the file that came into a site from others. */
function copiesInto(site: string, members: readonly Located[]): number {
  const outside = new Set(members.filter((one) => one.site !== site).map(({ peer }) => peer.peerId))
  const came = at(site, members).flatMap(({ swarm }) =>
    swarm.peers().filter(({ peerId }) => outside.has(peerId)),
  )
  return came.reduce((sum, { bytesDown }) => sum + bytesDown, 0) / file.length
}

describe('over the lines between sites', () => {
  test('a file goes about once into each that lacks it, through those that are elected', async () => {
    const members = await threeSites()
    introduce(members)
    await allComplete(members)
    for (const site of ['b', 'c']) {
      expect(copiesInto(site, members)).toBeGreaterThanOrEqual(1)
      expect(copiesInto(site, members)).toBeLessThan(1.5)
      expect(at(site, members).filter((one) => isElected(one, members))).toHaveLength(electedCount)
    }
    expect(copiesInto('a', members)).toBeLessThan(0.5)
    const counted = agents(members).reduce((sum, { swarm }) => sum + swarm.statistics().bytesAcross, 0)
    const across = ['a', 'b', 'c'].reduce((sum, site) => sum + copiesInto(site, members), 0)
    expect(counted).toBe(across * file.length)
  })

  test('it goes many times where nobody is told of sites', async () => {
    const members = await threeSites()
    introduce(nowhere(members))
    await allComplete(members)
    for (const site of ['b', 'c']) expect(copiesInto(site, members)).toBeGreaterThan(1.8)
  })

  test('it goes about once while the seeder still reads it', async () => {
    const seeder = await startAt('a', 'seeder')
    const artifact = await seeder.store.open(swarmId(digestOf(file), chunkSize))
    const reading = await artifact.beginIngest(file.length, chunkSize)
    const members: Located[] = [{ ...(await join(seeder, artifact)), site: 'a' }]
    members.push(...(await agentsAt('a', 1, members[0]!)))
    members.push(...(await agentsAt('b', 3, members[0]!)), ...(await agentsAt('c', 3, members[0]!)))
    introduce(members)
    for (let held = file.length / 8; reading.offset < file.length; held += file.length / 8) {
      await reading.write(file.subarray(reading.offset, held))
      await until(() => {
        for (const { artifact } of members) expect(artifact.bytesHeld).toBe(held)
      })
    }
    for (const site of ['b', 'c']) {
      expect(copiesInto(site, members)).toBeGreaterThanOrEqual(1)
      expect(copiesInto(site, members)).toBeLessThan(1.5)
    }
    for (const one of members) expect(Buffer.compare(await bytesOf(one), file)).toBe(0)
  })

  test('the rest of it goes once when the operator learns of sites meanwhile', async () => {
    const members = await threeSites({ slow: true })
    introduce(nowhere(members))
    const heldAt = (site: string) => Math.max(...at(site, members).map(({ artifact }) => artifact.bytesHeld))
    await until(() => expect(heldAt('b')).toBeGreaterThan(file.length / 8))
    const before = copiesInto('b', members)
    introduce(members)
    await allComplete(members)
    expect(copiesInto('b', members) - before).toBeLessThan(1.5)
  })
})

/** One of the site that has no links to others by itself. */
function unelectedIn(site: string, members: readonly Located[]): Located {
  const told = [...listsOf(members).values()].flat()
  return at(site, members).find(({ peer }) =>
    told.every(({ peerId, elected }) => peerId !== peer.peerId || elected === false),
  )!
}

/** Every other chunk, as an agent reads a range of the origin: stored when the seeder has signed what it is. */
async function readPart({ swarm, artifact }: Located, part: number): Promise<void> {
  for (let chunk = part; chunk < chunks; chunk += 2) {
    const bytes = file.subarray(chunk * chunkSize, (chunk + 1) * chunkSize)
    await swarm.state({ size: file.length, chunkSize }, chunk, createHash('sha256').update(bytes).digest())
    await artifact.writeChunk(chunk, bytes, 'origin')
  }
}

test('what agents of two sites read goes once into the other one, also when nobody elected them to talk across', async () => {
  const seeder = await startAt('a', 'seeder')
  const artifact = await seeder.store.open(swarmId(digestOf(file), chunkSize))
  const signer: Located = { ...(await join(seeder, artifact)), site: 'a' }
  const sites = await Promise.all([agentsAt('b', 4, signer), agentsAt('c', 4, signer)])
  const members = [signer, ...sites.flat()]
  const reading = ['b', 'c'].map((site) => unelectedIn(site, members))
  const readers = reading.map(({ peer }) => peer.peerId)
  signer.swarm.collect({ readers: new Set(readers), size: file.length, chunkSize, generation: Date.now() })
  introduce(members, { readers })
  await Promise.all(reading.map(readPart))
  for (const one of members) {
    await until(() => expect(one.artifact.chunksHeld).toBe(chunks))
    expect(Buffer.compare(await bytesOf(one), file)).toBe(0)
  }
  for (const site of ['b', 'c']) {
    expect(copiesInto(site, members)).toBeGreaterThanOrEqual(0.5)
    expect(copiesInto(site, members)).toBeLessThan(0.75)
  }
})

describe('a site does not depend on one of those that it has elected', () => {
  test('when one is killed, another does its part', async () => {
    const members = await threeSites({ slow: true })
    introduce(members)
    const site = at('b', members)
    await until(() => {
      for (const { artifact } of site) expect(artifact.bytesHeld).toBeGreaterThan(file.length / 4)
    })
    const killed = site.find((one) => isElected(one, members))!
    expect(killed.artifact.complete).toBe(false)
    await killed.peer.stop()
    const left = members.filter((one) => one !== killed)
    await allComplete(left)
    for (const one of agents(left)) expect(Buffer.compare(await bytesOf(one), file)).toBe(0)
  })

  test('when one is only named and says nothing, the other does its part after seconds', async () => {
    const seeder = await seederAt('a')
    const first = await agentsAt('a', 1, seeder)
    introduce([seeder, ...first])
    await allComplete(first)
    // Whatever is in site a is to be had for the asking now: nothing is dealt any more.
    const late = await agentsAt('b', 1, seeder)
    const { peerId } = createIdentity()
    const identity = { node: 'dead', profile: 'default', role: 'agent' as const, site: 'b', podUid: 'dead' }
    const dead = { peerId, addresses: [`/ip4/127.0.7.251/tcp/9/p2p/${peerId}`], identity }
    introduce([seeder, ...first, ...late], { others: [dead] })
    await until(() => expect(late[0]!.artifact.chunksHeld).toBeGreaterThan(chunks / 8))
    await allComplete(late)
  })
})

describe('where each site reads for itself', () => {
  test('manifests go between sites and chunks do not, but for what an open seeder lacks', async () => {
    const members = await threeSites()
    members.push(...(await agentsAt('e', 1, members[0]!)))
    const late: Located = { ...(await joinAs(await startAt('d', 'seeder'), members[0]!.artifact)), site: 'd' }
    introduce([...members, late], { open: new Set([late.peer.peerId]) })
    await Promise.all([...at('a', members).map(({ complete }) => complete), late.complete])
    for (const { artifact } of ['b', 'c', 'e'].flatMap((site) => at(site, members))) {
      await until(() => expect(artifact.manifest?.cid).toBe(members[0]!.artifact.manifest?.cid))
      expect(artifact.chunksHeld).toBe(0)
    }
    const [reader, mate] = at('b', members)
    const size = chunkSize
    await reader!.artifact.writeChunk(0, file.subarray(0, size), 'origin')
    await until(() => expect(mate!.artifact.chunksHeld).toBe(1))
    // What its own site lacks, whoever else has it.
    expect(reader!.swarm.absent()).toEqual([[1, chunks - 1]])
    // What was held back goes once chunks may.
    introduce(members)
    await allComplete(members)
  })
})
