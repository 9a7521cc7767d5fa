// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createIdentity } from '@patchswarm/swarm/identity'
import { RefusedError } from '@patchswarm/swarm/tracker'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { withIPv6 } from '../support/ipv6.ts'
import {
  accepting,
  emptyReport,
  operator,
  startClient,
  startServer,
  stopAll,
  swarmId,
  until,
} from '../support/trackers.ts'

afterEach(stopAll)

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

  test('whose report is too large for a frame loses its connection, and tries again', async () => {
    const server = await startServer()
    const client = startClient(server.port)
    client.report(emptyReport)
    await until(() => expect(server.clients()[0]?.report).toBeDefined())
    client.report({ ...emptyReport, artifacts: [{ swarmId, message: 'x'.repeat(2 ** 20) }] })
    client.flush()
    await until(() => expect(client.status.lastError).toContain('does not fit'))
    client.report(emptyReport)
    await until(() => expect(client.status.connected).toBe(true))
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

  test.skipIf(!withIPv6)('connects over IPv6', async () => {
    const server = await startServer({ host: '::1' })
    const client = startClient(server.port, { addresses: [`[::1]:${server.port}`] })
    await until(() =>
      expect(client.status).toMatchObject({ connected: true, address: `[::1]:${server.port}` }),
    )
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
