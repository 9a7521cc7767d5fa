// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { createServer } from 'node:http'
import { bencode } from './torrent.ts'

export interface AnnounceServer {
  readonly url: string
  /** Resolves when a client has announced that it has the whole file. */
  readonly seeded: Promise<void>
  stop(): Promise<void>
}

/** Between announces, in seconds: clients that came first learn of the others by asking again. */
const INTERVAL = 2

/** A BitTorrent tracker of one torrent that tells everybody of everybody (BEP 3). */
export async function startAnnounceServer(host: string): Promise<AnnounceServer> {
  const peers = new Map<string, { ip: string; port: number }>()
  const { promise: seeded, resolve } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://tracker')
    const ip = request.socket.remoteAddress ?? ''
    const port = Number(searchParams.get('port'))
    peers.set(`${ip}:${port}`, { ip, port })
    if (searchParams.get('left') === '0') resolve()
    const others = [...peers.values()].filter((peer) => peer.ip !== ip)
    const compact = Buffer.concat(others.map(compactPeer))
    response.end(bencode({ interval: INTERVAL, 'min interval': INTERVAL, peers: compact }))
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://${host}:${port}/announce`,
    seeded,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Address and port in six bytes (BEP 23). */
const compactPeer = ({ ip, port }: { ip: string; port: number }): Buffer =>
  Buffer.from([...ip.split('.').map(Number), port >>> 8, port & 255])
