// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Forwards TCP until it is cut or frozen. */
export interface TcpProxy {
  readonly port: number
  /** Connections accepted since the start. */
  readonly accepted: number
  /** Breaks all connections and refuses new ones. */
  cut(): void
  /** Keeps all connections open and new ones accepted, but nothing comes through any more, in either direction. */
  freeze(): void
  /** Lets new connections through; frozen ones stay frozen. */
  restore(): void
  stop(): Promise<void>
}

export async function startTcpProxy(target: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let mode: 'open' | 'cut' | 'frozen' = 'open'
  let accepted = 0
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((client) => {
    track(client)
    accepted++
    if (mode === 'cut') client.destroy()
    if (mode !== 'open') return
    const upstream = track(connect(Number(target.port), target.hostname))
    client.pipe(upstream).pipe(client)
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted
    },
    cut() {
      mode = 'cut'
      for (const socket of sockets) socket.destroy()
    },
    freeze() {
      mode = 'frozen'
      for (const socket of sockets) socket.unpipe().pause()
    },
    restore() {
      mode = 'open'
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
