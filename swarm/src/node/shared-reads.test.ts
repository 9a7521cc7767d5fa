// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { readIntoShared } from './shared-reads.ts'

test('this Node reads into the shared buffer, pauses, goes on and ends', async () => {
  const server = createServer((far) => far.end(Buffer.alloc(300_000, 7))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = new Socket().connect(server.address() as { port: number })
  await once(socket, 'connect')
  const given = new Set<ArrayBufferLike>()
  let received = 0
  const direct = readIntoShared(socket, (bytes) => {
    given.add(bytes.buffer)
    received += bytes.filter((byte) => byte === 7).length
    socket.pause()
    setTimeout(() => socket.resume(), 1)
  })
  expect(direct).toBe(true)
  socket.on('data', () => expect.unreachable('nothing comes the other way'))
  await once(socket, 'end')
  expect(received).toBe(300_000)
  expect(given.size).toBe(1)
  server.close()
})

test('a socket of another kind is left alone', () => {
  expect(readIntoShared(new Socket(), () => {})).toBe(false)
})
