// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.ts'
import type { Link } from './link.ts'
import { MessageRate, mostMessages } from './message-rate.ts'
import { ProtocolViolationError } from './messages.ts'
import { Session, type SessionOwner } from './session.ts'

const send = (count: number, rate: { count(now: number): void }, now: number): void => {
  for (let sent = 0; sent < count; sent += 1) rate.count(now)
}

test('a second of what an honest peer says is taken, and the next one too', () => {
  const rate = new MessageRate()
  send(mostMessages, rate, 0)
  send(mostMessages, rate, 1000)
  expect(() => rate.count(1999)).toThrow(ProtocolViolationError)
})

test('a peer that says more than anybody has to say breaks the protocol', () => {
  const hello = { bitmap: new Uint8Array(), dealing: false, hasManifest: true, growing: false }
  const greeting = { peerId: 'loud', membership: {}, hello, shown: new Uint8Array() }
  const owner = { message: () => {} } as unknown as SessionOwner
  const session = new Session(greeting as never, {} as Link, owner, new BufferPool())
  expect(() => {
    for (let sent = 0; sent < 20 * mostMessages; sent += 1) session.message({ type: 'invite' })
  }).toThrow(ProtocolViolationError)
})
