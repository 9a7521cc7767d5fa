// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkProtocol } from '@patchswarm/swarm/exchange'
import { createIdentity } from '@patchswarm/swarm/identity'
import { clockSkewMs } from '@patchswarm/swarm/membership'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  ingest,
  introduce,
  join,
  joinAs,
  type Member,
  operator,
  randomFile,
  type TestPeer,
  TestPeers,
} from '../support/peers.ts'
import { chunkSize, completed, expectWhole, swarmOf } from '../support/swarm-of.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

describe('who is spoken to', () => {
  test.for([
    ['no membership', { none: true }, 'Malformed'],
    ['an expired one', { expiresAt: Date.now() - 3_600_000 }, 'Expired'],
    ['one of a clock that is too far ahead', { issuedAt: Date.now() + 360_000 }, 'NotYetValid'],
    ['one that another operator signed', { signer: createIdentity() }, 'BadSignature'],
    ["another peer's", { peerId: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA' }, 'WrongPeer'],
    ['one of another profile', { profile: 'edge' }, 'OtherProfile'],
  ] as const)('a peer with %s is refused and told so', async ([, membership, reason]) => {
    const { members, seeded } = await swarmOf(peers, 0, 5)
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
    const { members, seeded, file } = await swarmOf(peers, 0, 5)
    const agent = await joinAs(await peers.start({ membership }), seeded)
    introduce([...members, agent])
    await agent.complete
    await expectWhole([agent], file)
  })

  test('a peer whose node is revoked is left and not taken back, until it has proven itself anew', async () => {
    const { members } = await swarmOf(peers, 1, 200, 20)
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
    const { members, seeded } = await swarmOf(peers, 0, 200, 20)
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
    const { members, seeded } = await swarmOf(peers, 0, 5)
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
    const { members } = await swarmOf(peers, 0, 5)
    const isTold = async (peer: TestPeer, reason: string) => {
      const elsewhere = await join(peer, await ingest(peer, randomFile(1000, 2), chunkSize))
      elsewhere.swarm.setPeers([members[0]!.peer.candidate])
      await vi.waitFor(() => expect(elsewhere.swarm.statistics().lastRefusal).toContain(reason), 5000)
    }
    await isTold(await peers.start(), 'UnknownSwarm')
    await isTold(await peers.start({ membership: { none: true } }), 'Malformed')
  })

  test('of the streams on which a peer says no HELLO 64 are taken, and others are heard', async () => {
    const { members, seeded, file } = await swarmOf(peers, 0, 5)
    const [{ peer: seeder }] = members as [Member]
    const mute = await peers.start()
    const streams = await Promise.all(
      Array.from({ length: 80 }, () =>
        mute.node.openStream(seeder.candidate, chunkProtocol, AbortSignal.timeout(10_000)),
      ),
    )
    await vi.waitFor(() => expect(streams.filter(({ status }) => status === 'open')).toHaveLength(64), 5000)
    const agent = await joinAs(await peers.start(), seeded)
    introduce([...members, agent])
    await agent.complete
    await expectWhole([agent], file)
  })
})
