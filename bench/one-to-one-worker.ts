// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomFillSync } from 'node:crypto'
import { open } from 'node:fs/promises'
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { unixfs } from '@helia/unixfs'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createBlockstore } from '@patchswarm/swarm/blockstore'
import { chooseChunkSize } from '@patchswarm/swarm/manifest'
import { openStore } from '@patchswarm/swarm/store'
import { MemoryBlockstore } from 'blockstore-core'
import { createHeliaLight } from 'helia'
import type { Blockstore } from 'interface-blockstore'
import { CID } from 'multiformats/cid'
import { log, startPeer } from './peer.ts'

export type System = 'patchswarm' | 'bitswap'
export interface SeedOrder {
  readonly do: 'seed'
  readonly system: System
  readonly size: number
  readonly directory: string
}
export interface SeedReady {
  readonly peerId: string
  readonly addresses: string[]
  readonly cid: string
}
export interface FetchOrder {
  readonly do: 'fetch'
  readonly system: System
  readonly directory: string
  readonly from: SeedReady
}
export interface Usage {
  readonly cpuSeconds: number
  readonly rssMiB: number
}
export interface FetchResult extends Usage {
  readonly seconds: number
}
type Order = SeedOrder | FetchOrder | { readonly do: 'usage' }

const swarmId = new Uint8Array(32).fill(3)

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, rssMiB: process.resourceUsage().maxRSS / 1024 }
}

/** Random bytes, so that nothing on the way can make them fewer. */
async function ingest(directory: string, size: number) {
  const store = await openStore(directory, { log })
  const artifact = await store.open(swarmId)
  const taking = await artifact.beginIngest(size, chooseChunkSize(size))
  const part = Buffer.alloc(Math.min(size, 2 ** 24))
  for (let left = size; left > 0; left -= part.length) {
    randomFillSync(part)
    await taking.write(part.subarray(0, Math.min(left, part.length)))
  }
  await taking.finish(undefined)
  await taking.close()
  return { store, artifact }
}

async function startHelia(blockstore: Blockstore) {
  const helia = withBitswap(
    withLibp2pLight(createHeliaLight({ blockstore }), {
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [tls()],
      streamMuxers: [yamux()],
      services: { identify: identify() },
    }),
  )
  await helia.start()
  return helia
}

async function seed({ system, size, directory }: SeedOrder): Promise<SeedReady> {
  const { store, artifact } = await ingest(directory, size)
  const cid = artifact.manifest?.cid ?? ''
  if (system === 'bitswap') {
    const helia = await startHelia(createBlockstore(store))
    const addresses = helia.libp2p.getMultiaddrs().map((address) => address.toString())
    return { peerId: helia.libp2p.peerId.toString(), addresses, cid }
  }
  const { node, exchange } = await startPeer(directory, 'seeder', store)
  exchange.join({ artifact, role: 'seeder' })
  return { peerId: node.peerId, addresses: node.addresses(), cid }
}

async function timed(work: () => Promise<void>): Promise<FetchResult> {
  const before = usage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const after = usage()
  return { seconds, cpuSeconds: after.cpuSeconds - before.cpuSeconds, rssMiB: after.rssMiB }
}

async function fetchOurs({ directory, from }: FetchOrder): Promise<FetchResult> {
  const { store, exchange } = await startPeer(directory, 'agent')
  const artifact = await store.open(swarmId)
  return timed(async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const swarm = exchange.join({ artifact, role: 'agent', expectedCid: from.cid, onComplete: resolve })
    swarm.setPeers([from])
    await promise
  })
}

async function fetchByBitswap({ directory, from }: FetchOrder): Promise<FetchResult> {
  const helia = await startHelia(new MemoryBlockstore())
  await using file = await open(`${directory}.bin`, 'w')
  return await timed(async () => {
    await helia.libp2p.dial(from.addresses.map((address) => multiaddr(address)))
    for await (const bytes of unixfs(helia).cat(CID.parse(from.cid))) {
      await file.write(bytes)
    }
  })
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'seed':
      return seed(order)
    case 'fetch':
      return order.system === 'bitswap' ? fetchByBitswap(order) : fetchOurs(order)
    case 'usage':
      return usage()
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer as object),
    (error: Error) => process.send?.({ error: error.stack ?? error.message }),
  )
})
process.on('SIGTERM', () => process.exit(0))
// Whatever becomes of the parent, no worker is left behind.
process.on('disconnect', () => process.exit(0))
