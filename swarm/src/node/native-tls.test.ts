// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { multiaddrConnectionPair } from '@libp2p/utils'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createIdentity, libp2pPrivateKey } from '../identity/index.ts'
import { componentLogger } from './log.ts'
import { nativeTls } from './native-tls.ts'

type Components = Parameters<ReturnType<typeof nativeTls>>[0]

function encrypterOf(identity = createIdentity()) {
  const components = {
    logger: componentLogger(pino({ level: 'silent' })),
    privateKey: libp2pPrivateKey(identity),
    upgrader: { getStreamMuxers: () => new Map() },
  }
  return { identity, encrypter: nativeTls(identity)(components as unknown as Components) }
}

test('over a connection without a socket of its own, the stock encrypter does it', async () => {
  const [outbound, inbound] = multiaddrConnectionPair()
  const a = encrypterOf()
  const b = encrypterOf()
  const [fromA, fromB] = await Promise.all([
    a.encrypter.secureOutbound(outbound),
    b.encrypter.secureInbound(inbound),
  ])
  expect(fromA.remotePeer.toString()).toBe(b.identity.peerId)
  expect(fromB.remotePeer.toString()).toBe(a.identity.peerId)

  const received: Buffer[] = []
  fromB.connection.addEventListener('message', ({ data }) => {
    received.push(Buffer.from(data.subarray()))
  })
  // The sender may use its buffer again at once.
  const bytes = Buffer.alloc(5000, 1)
  fromA.connection.send(bytes)
  bytes.fill(2)
  await expect.poll(() => Buffer.concat(received).length).toBe(5000)
  expect(Buffer.concat(received).every((byte) => byte === 1)).toBe(true)
  await Promise.all([fromA.connection.close(), fromB.connection.close()])
})
