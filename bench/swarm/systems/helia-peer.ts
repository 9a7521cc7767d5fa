// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
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

// One bitswap peer: helia-peer.ts ADDRESS seed|receiver FILE. Hears "dial ADDRESS" and "get CID".
const [address = '', role = '', path = ''] = process.argv.slice(2)
const helia = withBitswap(
  withLibp2pLight(createHeliaLight({ blockstore: new MemoryBlockstore() }), {
    addresses: { listen: [`/ip4/${address}/tcp/4001`] },
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  }),
)
await helia.start()

if (role === 'seed') {
  const cid = await unixfs(helia).addByteStream(createReadStream(path, { highWaterMark: 2 ** 20 }))
  console.log(`cid ${cid}`)
}
console.log(`address ${helia.libp2p.getMultiaddrs()[0]}`)

async function get(cid: string): Promise<void> {
  await using file = await open(path, 'w')
  for await (const bytes of unixfs(helia).cat(CID.parse(cid))) await file.write(bytes)
}

for await (const line of createInterface(process.stdin)) {
  const [order, argument = ''] = line.split(' ')
  if (order === 'dial') {
    await helia.libp2p.dial(multiaddr(argument))
    console.log(`dialled ${argument}`)
  } else {
    await get(argument)
    console.log('done')
  }
}
