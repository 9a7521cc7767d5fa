// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createCertificate, createIdentity } from '@patchswarm/swarm/identity'

const CHUNK = 256 * 1024
const HEAD = 4
const PORT = 7000

// One peer: push-peer.ts ADDRESS seed|receiver FILE SIZE. Hears "dial ADDRESS…" and, as the seed, "go".
const [address = '', role = '', path = '', size = ''] = process.argv.slice(2)
const chunks = Math.ceil(Number(size) / CHUNK)
const lengthOf = (chunk: number): number => Math.min(CHUNK, Number(size) - chunk * CHUNK)
const secured = { ...createCertificate(createIdentity()), minVersion: 'TLSv1.3' } as const

const file = await open(path, role === 'seed' ? 'r' : 'w')
const others: TLSSocket[] = []
let held = 0

function send(socket: TLSSocket, chunk: number, bytes: Buffer): boolean {
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(chunk)
  socket.cork()
  socket.write(head)
  const canSendMore = socket.write(bytes)
  socket.uncork()
  return canSendMore
}

/** Deals to one receiver whatever is next, as fast as it takes it. */
async function deal(next: () => number, socket: TLSSocket): Promise<void> {
  for (let chunk = next(); chunk < chunks; chunk = next()) {
    const { buffer } = await file.read(Buffer.allocUnsafeSlow(lengthOf(chunk)), 0, null, chunk * CHUNK)
    if (!send(socket, chunk, buffer)) await once(socket, 'drain')
  }
}

async function take(chunk: number, bytes: Buffer, dealt: boolean): Promise<void> {
  hash('sha256', bytes)
  if (dealt) for (const socket of others) send(socket, chunk, bytes)
  await file.write(bytes, 0, bytes.length, chunk * CHUNK)
  held += 1
  if (held === chunks) console.log('done')
}

/** @param dealt the other end is the seed: all others are to have what comes */
function receive(socket: TLSSocket, dealt: boolean): void {
  let target = Buffer.alloc(HEAD)
  let filled = 0
  let chunk = -1
  socket.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + target.length - filled)
      filled += bytes.copy(target, filled, at, end)
      at = end
      if (filled < target.length) return
      if (chunk === -1) chunk = target.readUInt32BE()
      else {
        void take(chunk, target, dealt)
        chunk = -1
      }
      target = Buffer.allocUnsafeSlow(chunk === -1 ? HEAD : lengthOf(chunk))
      filled = 0
    }
  })
}

/** The seed dials before all others. */
let seedIsHere = false
const server = createServer(secured, (socket) => {
  socket.setNoDelay(true).on('error', () => {})
  receive(socket, !seedIsHere)
  seedIsHere = true
})
server.listen(PORT, address)
await once(server, 'listening')
console.log('ready')

async function dial(host: string): Promise<void> {
  const socket = connect({ ...secured, host, port: PORT, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  others.push(socket.setNoDelay(true).resume())
}

for await (const line of createInterface(process.stdin)) {
  const [order, ...hosts] = line.split(' ')
  if (order === 'dial') {
    await Promise.all(hosts.map(dial))
    console.log('dialled')
  } else {
    let next = 0
    await Promise.all(others.map((socket) => deal(() => next++, socket)))
  }
}
