// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { verifyPeerCertificate } from '@patchswarm/swarm/identity'
import { afterEach, describe, expect, test } from 'vitest'
import {
  operator,
  rawClient,
  running,
  startClient,
  startServer,
  stopAll,
  swarmId,
  until,
} from '../support/trackers.ts'

afterEach(stopAll)

const isDropped = (socket: TLSSocket) => until(() => expect(socket.resume().closed).toBe(true))

describe('the server', () => {
  test('drops a client without a certificate', async () => {
    const server = await startServer()
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
    running.push({ stop: () => void socket.destroy() })
    await isDropped(socket.on('error', () => {}))
    expect(server.clients()).toEqual([])
  })

  test('drops a client that says no hello in time', async () => {
    const server = await startServer({ helloTimeoutMs: 100 })
    await isDropped(await rawClient(server.port))
  })

  test.for([
    { name: 'an oversized frame', bytes: Buffer.from([0x7f, 0xff, 0xff, 0xff]) },
    { name: 'more than a hello before it is known', bytes: Buffer.from([0x00, 0x02, 0x00, 0x00]) },
    { name: 'a frame that is no message', bytes: Buffer.from([0, 0, 0, 2, 0xff, 0xff]) },
    { name: 'a report before its hello', bytes: Buffer.from([0, 0, 0, 2, 0x12, 0x00]) },
    { name: 'a report behind its hello', bytes: Buffer.from([0, 0, 0, 4, 0x0a, 0x00, 0x12, 0x00]) },
  ])('drops a client that sends $name', async ({ bytes }) => {
    const server = await startServer()
    const socket = await rawClient(server.port)
    socket.write(bytes)
    await isDropped(socket)
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
    socket.write(reports)
    await isDropped(socket)
    await until(() => expect(server.clients()).toEqual([]))
  })

  test('keeps its clients when its clock is set', async () => {
    let now = Date.now()
    const server = await startServer({}, { now: () => now })
    const lost: string[] = []
    server.onDisconnect((client) => lost.push(client.peerId))
    startClient(server.port)
    await until(() => expect(server.clients()).toHaveLength(1))
    now += 10 * 3_600_000
    // By then it has looked who was silent.
    await sleep(5_500)
    expect(lost).toEqual([])
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
    // The client reads why before this end has heard that the connection is closed.
    await until(() => expect(server.clients()).toEqual([]))
  })
})
