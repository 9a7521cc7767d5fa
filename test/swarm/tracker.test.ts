// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import {
  createCertificate,
  createIdentity,
  type Identity,
  identityFromSeed,
  verifyPeerCertificate,
} from '@patchswarm/swarm/identity'
import type { RevokedNodes } from '@patchswarm/swarm/membership'
import {
  createTrackerClient,
  createTrackerServer,
  type DesiredState,
  RefusedError,
  type ReportInit,
  type TrackerClient,
  type TrackerClientInit,
  type TrackerDecisions,
  type TrackerServer,
  type TrackerServerInit,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { afterEach, describe, expect, test, vi } from 'vitest'

const log = pino({ level: 'silent' })
const operator = identityFromSeed(new Uint8Array(32).fill(7))
const swarmId = new Uint8Array(32).fill(1)
const emptyReport: ReportInit = { desiredRevision: 0, artifacts: [], deliveries: [] }

const running: { stop(): Promise<void> | void }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()))
})

const accepting: TrackerDecisions = {
  async authenticate(hello) {
    return {
      node: `node-of-${hello.token}`,
      profile: hello.profile,
      role: hello.role === 'seeder' ? 'seeder' : 'agent',
      site: 'here',
      podUid: hello.token,
      membership: Buffer.from('membership'),
    }
  },
  async grant(_client, request) {
    return request.offset >= 100
      ? { length: 0, reason: 'OriginBudgetExhausted', message: 'all is granted' }
      : { length: request.length }
  },
}

async function startServer(
  init: Partial<TrackerServerInit> = {},
  parts: { identity?: Identity; decisions?: Partial<TrackerDecisions> } = {},
): Promise<TrackerServer> {
  const server = createTrackerServer(
    { identity: parts.identity ?? operator, decisions: { ...accepting, ...parts.decisions }, log },
    { host: '127.0.0.1', port: 0, epoch: 1, reportIntervalMs: () => 200, ...init },
  )
  await server.start()
  running.push(server)
  return server
}

function startClient(
  port: number,
  init: Partial<TrackerClientInit> = {},
  identity = createIdentity(),
): TrackerClient {
  const client = createTrackerClient(
    { identity, log },
    {
      trackerPeerIds: [operator.peerId],
      addresses: [`127.0.0.1:${port}`],
      hello: () => ({
        agentVersion: 'test',
        role: 'agent',
        profile: 'p',
        token: 't',
        addresses: ['/ip4/10.0.0.1/tcp/4001'],
      }),
      backoff: { baseMs: 20, capMs: 100 },
      ...init,
    },
  )
  running.push(client)
  client.start()
  return client
}

const until = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 10_000, interval: 10 })

/** A client of its own making, for what an honest one never does. */
async function rawClient(port: number): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ...createCertificate(createIdentity()),
    rejectUnauthorized: false,
  })
  socket.on('error', () => {})
  running.push({ stop: () => void socket.destroy() })
  await once(socket, 'secureConnect')
  return socket
}

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
      { hello: () => ({ agentVersion: 'newer', role: 'agent', profile: 'p', token: 'u', addresses: [] }) },
      identity,
    )
    await until(() => expect(older.status.lastError).toContain('newer connection'))
    expect(server.clients().map((client) => client.agentVersion)).toEqual(['newer'])
    expect(gone).not.toHaveBeenCalled()
  })
})

describe('the client', () => {
  test('tells a tracker that is not the pinned one nothing, least of all its token', async () => {
    const authenticate = vi.fn(accepting.authenticate)
    const server = await startServer({}, { identity: createIdentity(), decisions: { authenticate } })
    const hello = vi.fn()
    const client = startClient(server.port, { hello })
    await until(() => expect(client.status.lastError).toContain(`pinned is ${operator.peerId}`))
    expect(hello).not.toHaveBeenCalled()
    expect(authenticate).not.toHaveBeenCalled()
    await expect(
      client.requestGrant({ swarmId, offset: 0, length: 1, totalSize: 1 }, { timeoutMs: 100 }),
    ).rejects.toMatchObject({ name: 'TrackerUnavailableError' })
  })

  test('goes on with the other pinned key when the operator changes its own', async () => {
    const successor = createIdentity()
    const server = await startServer()
    const { port } = server
    const client = startClient(port, { trackerPeerIds: [operator.peerId, successor.peerId] })
    const strict = startClient(port)
    await until(() => expect(server.clients()).toHaveLength(2))
    await server.stop()
    const next = await startServer({ port }, { identity: successor })
    await until(() => expect(next.clients()).toHaveLength(1))
    await until(() => expect(client.status.connected).toBe(true))
    await until(() => expect(strict.status.lastError).toContain(`pinned is ${operator.peerId}`))
  })

  test('comes back when the tracker was restarted, and reports at once', async () => {
    const server = await startServer()
    const { port } = server
    const client = startClient(port)
    client.report({ ...emptyReport, desiredRevision: 9 })
    await until(() => expect(server.clients()[0]?.report).toBeDefined())
    await server.stop()
    await until(() => expect(client.status.connected).toBe(false))

    const next = await startServer({ port, epoch: 2 })
    await until(() => expect(next.clients()[0]?.report?.desiredRevision).toBe(9))
    expect(client.status.epoch).toBe(2)
  })

  test('connects anew from time to time, for a membership that holds', async () => {
    const server = await startServer()
    const client = startClient(server.port, { maxAgeMs: 100 })
    const welcomed = vi.fn()
    client.onWelcome(welcomed)
    await until(() => expect(welcomed.mock.calls.length).toBeGreaterThan(2))
  })

  test('refuses a tracker with a lower epoch than it has seen', async () => {
    const server = await startServer({ epoch: 4 })
    const client = startClient(server.port, { lastEpoch: 5 })
    const desired = vi.fn()
    client.onDesired(desired)
    await until(() => expect(client.status.lastError).toContain('a tracker of epoch 4; one of 5 was seen'))
    expect(desired).not.toHaveBeenCalled()
  })

  test('follows a standby to the leader', async () => {
    const leader = await startServer({ epoch: 3 })
    const standby = await startServer({
      epoch: 0,
      isLeader: () => false,
      leaderAddress: () => `127.0.0.1:${leader.port}`,
    })
    const client = startClient(standby.port, { lastEpoch: 3, backoff: { baseMs: 1e6, capMs: 1e6 } })
    await until(() => expect(client.status.connected).toBe(true))
    expect(leader.clients()).toHaveLength(1)
    expect(standby.clients()).toHaveLength(0)
  })

  test('is turned away by a leader that has lost its lease', async () => {
    let leads = true
    const server = await startServer({ isLeader: () => leads })
    const client = startClient(server.port, { backoff: { baseMs: 1e6, capMs: 1e6 } })
    client.report(emptyReport)
    await until(() => expect(server.clients()).toHaveLength(1))
    leads = false
    await until(() => expect(client.status).toMatchObject({ connected: false, lastError: 'not the leader' }))
  })

  test('says why it was refused, and does not hurry back when that cannot help', async () => {
    const authenticate = vi.fn(async () => {
      throw new RefusedError('WrongNode', 'the token belongs to another node', false)
    })
    const server = await startServer({}, { decisions: { authenticate } })
    const client = startClient(server.port)
    await until(() =>
      expect(client.status.lastError).toBe('refused (WrongNode): the token belongs to another node'),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(authenticate).toHaveBeenCalledTimes(1)
  })

  test('fails a grant request whose connection is lost, so that it is asked again', async () => {
    const server = await startServer({}, { decisions: { grant: () => new Promise(() => {}) } })
    const client = startClient(server.port)
    await until(() => expect(client.status.connected).toBe(true))
    const asked = client.requestGrant({ swarmId, offset: 0, length: 1, totalSize: 1 })
    const refusal = expect(asked).rejects.toMatchObject({ name: 'TrackerUnavailableError' })
    await until(() => expect(server.clients()).toHaveLength(1))
    await server.stop()
    await refusal
  })
})

describe('the server', () => {
  test('drops a client without a certificate', async () => {
    const server = await startServer()
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
    socket.on('error', () => {})
    await once(socket, 'close')
    expect(server.clients()).toEqual([])
  })

  test('drops a client that says no hello in time', async () => {
    const server = await startServer({ helloTimeoutMs: 100 })
    const socket = await rawClient(server.port)
    await once(socket.resume(), 'close')
  })

  test.for([
    { name: 'an oversized frame', bytes: Buffer.from([0x7f, 0xff, 0xff, 0xff]) },
    { name: 'more than a hello before it is known', bytes: Buffer.from([0x00, 0x02, 0x00, 0x00]) },
    { name: 'a frame that is no message', bytes: Buffer.from([0, 0, 0, 2, 0xff, 0xff]) },
    { name: 'a report before its hello', bytes: Buffer.from([0, 0, 0, 2, 0x12, 0x00]) },
  ])('drops a client that sends $name', async ({ bytes }) => {
    const server = await startServer()
    const socket = await rawClient(server.port)
    socket.write(bytes)
    await once(socket.resume(), 'close')
    expect(server.clients()).toEqual([])
  })

  test('drops a client that does not read, and keeps the others', async () => {
    const server = await startServer({}, {})
    const lost: string[] = []
    server.onDisconnect((client) => lost.push(client.agentVersion))
    const good = startClient(server.port)
    const socket = await rawClient(server.port)
    // ClientMessage{hello{protocol_version: 1, agent_version: "lazy"}}
    socket.write(Buffer.from([0, 0, 0, 10, 0x0a, 8, 0x08, 1, 0x12, 4, ...Buffer.from('lazy')]))
    await until(() => expect(server.clients()).toHaveLength(2))
    socket.pause()
    const lazy = server.clients().find((client) => client.agentVersion === 'lazy')!.peerId

    const name = 'x'.repeat(1_000_000)
    for (let round = 0; round < 40 && lost.length === 0; round += 1) {
      server.publishDesired(lazy, { maxPeers: round + 1, artifacts: [{ swarmId, name }] })
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => expect(lost).toEqual(['lazy']))
    expect(good.status.connected).toBe(true)
  })

  test('takes no more connections from one address than allowed, and takes new ones when some have gone', async () => {
    const server = await startServer({ maxConnectionsPerAddress: 2 })
    const first = await rawClient(server.port)
    await rawClient(server.port)
    await expect(rawClient(server.port)).rejects.toThrow()
    first.destroy()
    await until(async () => {
      await rawClient(server.port)
    })
  })

  test('leaves room for others when one address opens a thousand connections and says nothing', async () => {
    const server = await startServer({ helloTimeoutMs: 60_000 })
    const flood = Array.from({ length: 1000 }, () =>
      connectTcp({ host: '127.0.0.1', port: server.port, localAddress: '127.56.0.1' }).on('error', () => {}),
    )
    running.push({ stop: () => flood.forEach((socket) => void socket.destroy()) })
    await until(() => expect(flood.filter(({ closed }) => !closed)).toHaveLength(32))
    startClient(server.port)
    await until(() => expect(server.clients()).toHaveLength(1))
  })

  test('drops a client that sends more than anybody has to say', async () => {
    const server = await startServer()
    const socket = await rawClient(server.port)
    socket.write(Buffer.from([0, 0, 0, 10, 0x0a, 8, 0x08, 1, 0x12, 4, ...Buffer.from('loud')]))
    await until(() => expect(server.clients()).toHaveLength(1))
    // ClientMessage{report{}}
    const reports = Buffer.concat(Array.from({ length: 2001 }, () => Buffer.from([0, 0, 0, 2, 0x12, 0])))
    socket.resume().write(reports)
    await once(socket, 'close')
    await until(() => expect(server.clients()).toEqual([]))
  })

  test('counts each client at the address that it is told to come from', async () => {
    const server = await startServer({ maxConnectionsPerAddress: 1 })
    for (const localAddress of ['127.55.0.1', '127.55.0.2']) startClient(server.port, { localAddress })
    await until(() => expect(server.clients()).toHaveLength(2))
  })

  test('shows the operator as its peer ID', async () => {
    const server = await startServer()
    const socket = await rawClient(server.port)
    expect(verifyPeerCertificate(socket.getPeerX509Certificate()!.raw)).toBe(operator.peerId)
  })

  test('closes the connection of a client that the operator refuses later', async () => {
    const server = await startServer()
    const client = startClient(server.port, { backoff: { baseMs: 1e6, capMs: 1e6 } })
    await until(() => expect(server.clients()).toHaveLength(1))
    server.refuse(server.clients()[0]!.peerId, 'Replaced', 'a newer Pod has this node')
    await until(() => expect(client.status.lastError).toContain('a newer Pod has this node'))
    expect(server.clients()).toEqual([])
  })
})
