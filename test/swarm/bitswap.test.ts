// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { unixfs } from '@helia/unixfs'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryBlockstore } from 'blockstore-core'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import { afterEach, expect, test, vi } from 'vitest'
import { ingest, join, randomFile, type TestPeer, TestPeers } from './support/peers.ts'

const peers = new TestPeers()
const foreign: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(foreign.splice(0).map((node) => node.stop()))
  await peers.stop()
})

const chunkSize = 256 * 1024
const file = randomFile(9 * chunkSize + 1)

/** Helia as anybody would run it: nothing of ours in it. */
async function startStockHelia() {
  const blocks = new MemoryBlockstore()
  const helia = withBitswap(
    withLibp2pLight(createHeliaLight({ blockstore: blocks }), {
      addresses: { listen: ['/ip4/127.0.7.251/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [tls()],
      streamMuxers: [yamux()],
      services: { identify: identify() },
    }),
  )
  await helia.start()
  foreign.push(helia)
  const dial = (peer: TestPeer) => helia.libp2p.dial(peer.candidate.addresses.map((one) => multiaddr(one)))
  return { helia, blocks, dial, peerId: helia.libp2p.peerId.toString() }
}

async function read(helia: Parameters<typeof unixfs>[0], cid: string, timeoutMs: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of unixfs(helia).cat(CID.parse(cid), { signal: AbortSignal.timeout(timeoutMs) })) {
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function countBlocks(blocks: MemoryBlockstore): Promise<number> {
  let count = 0
  for await (const _ of blocks.getAll()) {
    count += 1
  }
  return count
}

async function startServer(admit: string[]) {
  const server = await peers.start({ role: 'seeder', admit })
  const artifact = await ingest(server, file, chunkSize)
  await join(server, artifact)
  return { server, cid: artifact.manifest!.cid }
}

test('a stock Helia node that is admitted fetches a whole artifact by its CID', async () => {
  const stock = await startStockHelia()
  const { server, cid } = await startServer([stock.peerId])
  await stock.dial(server)
  expect(Buffer.compare(await read(stock.helia, cid, 20_000), file)).toBe(0)
})

test('one that is not admitted gets nothing', async () => {
  const stock = await startStockHelia()
  const { server, cid } = await startServer([])
  await stock.dial(server)
  await expect(read(stock.helia, cid, 2000)).rejects.toThrow()
  expect(await countBlocks(stock.blocks)).toBe(0)
})

test('one is admitted and shut out again while both run', async () => {
  const stock = await startStockHelia()
  const { server, cid } = await startServer([])
  server.node.setAdmit([stock.peerId])
  await stock.dial(server)
  expect(Buffer.compare(await read(stock.helia, cid, 20_000), file)).toBe(0)
  server.node.setAdmit([])
  const other = await ingest(server, randomFile(3 * chunkSize, 2), chunkSize)
  const before = await countBlocks(stock.blocks)
  await expect(read(stock.helia, other.manifest!.cid, 2000)).rejects.toThrow()
  expect(await countBlocks(stock.blocks)).toBe(before)
})

test('members do not speak bitswap with each other, and a missing block is looked for nowhere', async () => {
  const { server, cid } = await startServer([])
  const member = await peers.start()
  await member.node.helia.libp2p.dial(server.candidate.addresses.map((one) => multiaddr(one)))
  await expect(read(member.node.helia, cid, 2000)).rejects.toThrow()
  await vi.waitFor(() => expect(server.node.connections).toBe(1), 10_000)
  expect(
    member.node.helia.libp2p.getConnections()[0]!.streams.map((stream) => stream.protocol),
  ).not.toContain('/ipfs/bitswap/1.2.0')
})
