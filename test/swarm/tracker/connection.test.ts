// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createIdentity } from '@patchswarm/swarm/identity'
import type { RevokedNodes } from '@patchswarm/swarm/membership'
import type { DesiredState } from '@patchswarm/swarm/tracker'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { emptyReport, startClient, startServer, stopAll, swarmId, until } from '../support/trackers.ts'

afterEach(stopAll)

describe('a connection', () => {
  test('proves the peer IDs of both ends and tells the client who it is', async () => {
    const server = await startServer()
    const identity = createIdentity()
    const client = startClient(server.port, {}, identity)
    const welcomed = new Promise<{ node: string; site: string; membership: Uint8Array }>((resolve) =>
      client.onWelcome(resolve),
    )

    expect(await welcomed).toMatchObject({ node: 'node-of-t', site: 'here', reportIntervalMs: 200 })
    await until(() => expect(server.clients()).toHaveLength(1))
    expect(server.client(identity.peerId)).toMatchObject({
      peerId: identity.peerId,
      identity: { node: 'node-of-t', profile: 'p', role: 'agent', podUid: 't' },
      addresses: ['/ip4/10.0.0.1/tcp/4001'],
      report: undefined,
    })
    expect(client.status).toMatchObject({ connected: true, epoch: 1 })
  })

  test('carries the desired state down, and again only when it changed', async () => {
    const server = await startServer()
    const client = startClient(server.port)
    const seen: DesiredState[] = []
    client.onDesired((desired) => seen.push(desired))
    await until(() => expect(server.clients()).toHaveLength(1))
    const peerId = server.clients()[0]!.peerId

    const first = server.publishDesired(peerId, { maxPeers: 3, artifacts: [{ swarmId, name: 'a/b' }] })
    expect(server.publishDesired(peerId, { maxPeers: 3, artifacts: [{ swarmId, name: 'a/b' }] })).toBe(first)
    const second = server.publishDesired(peerId, { maxPeers: 4 })
    expect(server.publishDesired('nobody', {})).toBeUndefined()

    await until(() => expect(seen.map((desired) => desired.revision)).toEqual([first, second]))
    expect(seen[0]!.artifacts[0]).toMatchObject({ name: 'a/b', swarmId })
  })

  test('carries a desired state of many certificates; one that is too large is not taken for sent', async () => {
    const server = await startServer()
    const client = startClient(server.port)
    const seen: DesiredState[] = []
    client.onDesired((desired) => seen.push(desired))
    await until(() => expect(server.clients()).toHaveLength(1))
    const peerId = server.clients()[0]!.peerId
    const listing = (count: number) => ({
      artifacts: Array.from({ length: count }, () => ({ swarmId, name: 'x'.repeat(2 ** 20) })),
    })

    const first = server.publishDesired(peerId, listing(20))!
    await until(() => expect(seen).toHaveLength(1))
    for (const _ of ['once', 'and again'])
      expect(() => server.publishDesired(peerId, listing(33))).toThrow('does not fit')
    expect(server.publishDesired(peerId, listing(20))).toBe(first)
    expect(server.publishDesired(peerId, listing(19))).toBe(first + 1)
    await until(() => expect(seen.map(({ artifacts }) => artifacts.length)).toEqual([20, 19]))
    expect(client.status.connected).toBe(true)
  })

  test('carries peers and revocations down, the latter to those who come later too', async () => {
    const server = await startServer()
    const client = startClient(server.port)
    const peers: string[][] = []
    const revoked: RevokedNodes[] = []
    client.onPeers((message) => peers.push(message.peers.map((peer) => peer.peerId)))
    client.onRevoked((nodes) => revoked.push(nodes))
    await until(() => expect(server.clients()).toHaveLength(1))
    const peerId = server.clients()[0]!.peerId

    server.publishPeers(peerId, swarmId, [{ peerId: 'x' }, { peerId: 'y' }])
    server.publishPeers(peerId, swarmId, [{ peerId: 'x' }, { peerId: 'y' }])
    const bad: RevokedNodes = new Map([['n1', new Set(['its new peer'])]])
    server.publishRevoked(bad)
    await until(() => expect(revoked).toEqual([new Map(), bad]))
    expect(peers).toEqual([['x', 'y']])

    const later = startClient(server.port)
    const told = new Promise((resolve) => later.onRevoked(resolve))
    expect(await told).toEqual(bad)
  })

  test('tells many clients the newest revocations, once each, and gives way to others meanwhile', async () => {
    const server = await startServer()
    const count = 80
    const heard = new Map<number, RevokedNodes[]>()
    for (let at = 0; at < count; at++) {
      const client = startClient(server.port)
      client.onRevoked((nodes) => heard.set(at, [...(heard.get(at) ?? []), nodes]))
    }
    await until(() => expect(heard.size).toBe(count))

    const [first, newest] = ['n1', 'n2'].map((node): RevokedNodes => new Map([[node, new Set(['new'])]]))
    heard.clear()
    server.publishRevoked(first!)
    server.publishRevoked(newest!)
    server.publishRevoked(new Map(newest!))
    await until(() => {
      expect([...heard.values()].map((lists) => lists.at(-1))).toEqual(Array(count).fill(newest))
    })
    // Those that were to hear the first one later never do.
    expect([...heard.values()].some((lists) => lists.length === 1)).toBe(true)
    expect([...heard.values()].every((lists) => lists.length <= 2)).toBe(true)
  })

  test('carries reports up: the newest each interval, and at once when asked to flush', async () => {
    const server = await startServer({ reportIntervalMs: () => 60_000 })
    const client = startClient(server.port)
    const revisions: number[] = []
    server.onReport(({ report }) => revisions.push(report!.desiredRevision))
    client.report({ ...emptyReport, desiredRevision: 1 })
    await until(() => expect(revisions).toEqual([1]))

    client.report({ ...emptyReport, desiredRevision: 2 })
    client.report({ ...emptyReport, desiredRevision: 3 })
    client.flush()
    await until(() => expect(revisions).toEqual([1, 3]))
    expect(server.clients()[0]!.lastReportAt).toBeGreaterThan(0)
  })

  test('takes of a report what a status can hold', async () => {
    const server = await startServer()
    const client = startClient(server.port)
    client.report({
      ...emptyReport,
      artifacts: [{ swarmId, originBytesRead: 0.5 }],
      cache: { usedBytes: -1 },
    })
    await until(() => expect(server.clients()[0]?.report).toBeDefined())
    expect(server.clients()[0]?.report).toMatchObject({
      artifacts: [{ originBytesRead: 0 }],
      cache: { usedBytes: 0 },
    })
  })

  test('repeats an unchanged report each interval, so that silence means death', async () => {
    const server = await startServer({ reportIntervalMs: () => 100 })
    const client = startClient(server.port)
    const sequence: number[] = []
    server.onReport(({ report }) => sequence.push(report!.seq))
    client.report(emptyReport)
    await until(() => expect(sequence.slice(0, 3)).toEqual([1, 2, 3]))
  })

  test('answers grant requests, refusals with their reason', async () => {
    const server = await startServer()
    const client = startClient(server.port)
    const request = { swarmId, offset: 0, length: 64, totalSize: 200 }
    expect(await client.requestGrant(request)).toMatchObject({ length: 64 })
    expect(await client.requestGrant({ ...request, offset: 100 })).toEqual({
      offset: 0,
      length: 0,
      reason: 'OriginBudgetExhausted',
      message: 'all is granted',
    })
  })

  test('answers a grant request with a refusal when the operator cannot decide', async () => {
    const failing = { grant: async () => Promise.reject(new Error('no API server')) }
    const server = await startServer({}, { decisions: failing })
    const client = startClient(server.port)
    const answer = await client.requestGrant({ swarmId, offset: 0, length: 64, totalSize: 200 })
    expect(answer).toMatchObject({ length: 0, reason: 'Unavailable' })
  })

  test('is replaced by a newer one of the same peer ID, without a disconnect in between', async () => {
    const server = await startServer()
    const identity = createIdentity()
    const gone = vi.fn()
    server.onDisconnect(gone)
    const older = startClient(server.port, { backoff: { baseMs: 1e6, capMs: 1e6 } }, identity)
    await until(() => expect(older.status.connected).toBe(true))
    startClient(
      server.port,
      {
        hello: () => ({
          protocolVersion: 3,
          agentVersion: 'newer',
          role: 'agent',
          profile: 'p',
          token: 'u',
          addresses: [],
        }),
      },
      identity,
    )
    await until(() => expect(older.status.lastError).toContain('newer connection'))
    expect(server.clients().map((client) => client.agentVersion)).toEqual(['newer'])
    expect(gone).not.toHaveBeenCalled()
  })
})
