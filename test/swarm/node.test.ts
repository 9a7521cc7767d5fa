// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { connect } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { createIdentity } from '@patchswarm/swarm/identity'
import { muxProtocol } from '@patchswarm/swarm/mux'
import { afterEach, expect, test, vi } from 'vitest'
import { withIPv6 } from './support/ipv6.ts'
import { type TestPeer, TestPeers } from './support/peers.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

const protocol = '/patchswarm/test/1'
const signal = () => AbortSignal.timeout(5000)

test('bytes arrive as they were sent, whatever the sender does with its buffer afterwards', async () => {
  const a = await peers.start()
  const b = await peers.start()
  const received: Buffer[] = []
  await b.node.handle(protocol, (stream) => {
    stream.addEventListener('message', ({ data }) => received.push(Buffer.from(data.subarray())))
  })
  const stream = await a.node.openStream(b.candidate, protocol, signal())
  const bytes = Buffer.alloc(200_000)
  for (let i = 0; i < 50; i++) {
    bytes.fill(i)
    const flowing = stream.send(bytes)
    if (!flowing || stream.writeBufferLength > 0) {
      await vi.waitFor(() => expect(stream.writeBufferLength).toBe(0), { timeout: 5000, interval: 1 })
    }
  }
  await vi.waitFor(() => expect(Buffer.concat(received).length).toBe(50 * bytes.length), 5000)
  const whole = Buffer.concat(received)
  for (let i = 0; i < 50; i++) {
    expect(whole.subarray(i * bytes.length, (i + 1) * bytes.length).every((byte) => byte === i)).toBe(true)
  }
})

test.skipIf(!withIPv6)('two speak over IPv6', async () => {
  const init = { listen: { address: '::1', port: 0 }, allowedCIDRs: ['::1/128'] }
  const [a, b] = [await peers.start(init), await peers.start(init)]
  await b.node.handle(protocol, () => {})
  await a.node.openStream(b.candidate, protocol, signal())
  expect(b.node.addresses()).toEqual([expect.stringMatching(/^\/ip6\/::1\/tcp\/\d+\/p2p\//)])
})

test('nobody else can answer for the peer that is dialled', async () => {
  const a = await peers.start()
  const b = await peers.start()
  const other = createIdentity().peerId
  const addresses = b.node.addresses().map((address) => address.replace(b.peerId, other))
  await expect(a.node.openStream({ peerId: other, addresses }, protocol, signal())).rejects.toThrow()
  expect(a.node.connections).toBe(0)
})

test('an address that cannot be read does not stand in the way of one that can', async () => {
  const a = await peers.start()
  const b = await peers.start()
  await b.node.handle(protocol, () => {})
  const addresses = ['/ip4/10.0.0/tcp', '/dns4/elsewhere.example/tcp/1', ...b.node.addresses()]
  await a.node.openStream({ peerId: b.peerId, addresses }, protocol, signal())
  expect(a.node.connections).toBe(1)
})

test('a connection that talks no TLS, or nothing at all, harms nobody', async () => {
  const a = await peers.start()
  const b = await peers.start()
  await a.node.handle(protocol, () => {})
  const [, , host, , port] = a.node.addresses()[0]!.split('/')
  const loud = connect(Number(port), host!).on('error', () => {})
  const mute = connect(Number(port), host!).on('error', () => {})
  await once(loud, 'connect')
  loud.write(Buffer.alloc(100_000, 'GET / HTTP/1.1\r\n'))
  await b.node.openStream(a.candidate, protocol, signal())
  expect(b.node.connections).toBe(1)
  loud.destroy()
  mute.destroy()
})

test('of two connections that were made at once the one that is used stays', async () => {
  const [a, b] = [await peers.start(), await peers.start()]
  for (const { node } of [a, b]) await node.handle(protocol, () => {})
  const dial = (from: TestPeer, to: TestPeer) =>
    from.node.helia.libp2p.dial(multiaddr(to.node.addresses()[0]), { force: true, signal: signal() })
  await Promise.all([dial(a, b), dial(b, a)])
  await vi.waitFor(() => expect([a.node.connections, b.node.connections]).toEqual([2, 2]))
  const stream = await a.node.openStream(b.candidate, protocol, signal())
  await vi.waitFor(() => expect([a.node.connections, b.node.connections]).toEqual([1, 1]), 10_000)
  expect(stream.status).toBe('open')
})

test('a thousand connections from one address leave room for others', async () => {
  const a = await peers.start()
  const b = await peers.start()
  await a.node.handle(protocol, () => {})
  const [, , host, , port] = a.node.addresses()[0]!.split('/')
  const open = () =>
    connect({ port: Number(port), host: host!, localAddress: '127.57.0.1' }).on('error', () => {})
  const flood = Array.from({ length: 1000 }, open)
  try {
    await vi.waitFor(() => expect(flood.filter(({ closed }) => !closed)).toHaveLength(128), 10_000)
    await b.node.openStream(a.candidate, protocol, signal())
    expect(b.node.connections).toBe(1)
  } finally {
    for (const socket of flood) socket.destroy()
  }
})

/** libp2p's connection monitor does this every 10 s, and breaks a connection off that gives no answer. */
test('a ping is answered', async () => {
  const a = await peers.start()
  const b = await peers.start()
  await b.node.handle(protocol, () => {})
  await a.node.openStream(b.candidate, protocol, signal())
  const [connection] = a.node.helia.libp2p.getConnections()
  expect(connection?.multiplexer).toBe(muxProtocol)
  const ping = await connection!.newStream('/ipfs/ping/1.0.0', { signal: signal() })
  const answered = new Promise<Uint8Array>((resolve) =>
    ping.addEventListener('message', ({ data }) => resolve(Uint8Array.from(data.subarray()))),
  )
  const sent = Buffer.alloc(32, 7)
  ping.send(sent)
  expect(Buffer.from(await answered).equals(sent)).toBe(true)
})

test('when one end is gone the other knows, and a new connection can be made', async () => {
  const a = await peers.start()
  const b = await peers.start()
  await a.node.handle(protocol, () => {})
  const stream = await b.node.openStream(a.candidate, protocol, signal())
  const closed = once(stream as unknown as NodeJS.EventEmitter, 'close')
  await vi.waitFor(() => expect(a.node.connections).toBe(1), 10_000)
  await a.node.disconnect(b.peerId)
  await closed
  await vi.waitFor(() => expect(b.node.connections).toBe(0), 5000)
  await b.node.openStream(a.candidate, protocol, signal())
  expect(b.node.connections).toBe(1)
})

test('two nodes of ours join their streams by our own muxer', async () => {
  const a = await peers.start()
  const b = await peers.start()
  await a.node.handle(protocol, () => {})
  await b.node.openStream(a.candidate, protocol, signal())
  expect(b.node.helia.libp2p.getConnections().map(({ multiplexer }) => multiplexer)).toEqual([muxProtocol])
})
