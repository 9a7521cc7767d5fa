// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { expect, onTestFinished, test } from 'vitest'
import { createCertificate, createIdentity } from '../identity/index.ts'
import { SecuredStream } from './secured-stream.ts'

/** Both ends of one TLS connection over loopback. */
async function sockets(): Promise<[TLSSocket, TLSSocket]> {
  const server = createServer({ ...createCertificate(createIdentity()), minVersion: 'TLSv1.3' })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const near = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  const [[far]] = await Promise.all([once(server, 'secureConnection'), once(near, 'secureConnect')])
  server.close()
  onTestFinished(() => {
    near.destroy()
    far.destroy()
  })
  return [near, far]
}

test.for([
  [
    'by the other end',
    async (near: TLSSocket, far: TLSSocket) => {
      far.end()
      await once(near, 'end')
    },
  ],
  ['here', async (near: TLSSocket) => near.destroySoon()],
] as const)(
  'between the end of a socket, %s, and its close, what is sent waits for the close',
  async ([, end]) => {
    const [near, far] = await sockets()
    const stream = new SecuredStream(multiaddrConnectionPair()[0], near)
    expect(stream.sendParts([Buffer.from('while it is open')])).toBe(true)
    const closed = once(stream, 'close')
    far.resume()
    await end(near, far)
    expect(near.closed).toBe(false)
    expect(stream.sendParts([Buffer.from('nobody takes this')])).toBe(false)
    await closed
    expect(() => stream.sendParts([])).toThrow('Cannot write to a stream that is closed')
  },
)
