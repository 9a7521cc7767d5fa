// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.ts'
import type { Link } from './link.ts'
import { costOf, MessageRate, mostMessages } from './message-rate.ts'
import { type Message, mostChunks, mostFrameBytes, ProtocolViolationError, type Range } from './messages.ts'
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

/** Says it as often as a peer would have to for more than ten times what it may say. */
function repeat(message: Message): void {
  const hello = { bitmap: new Uint8Array(), dealing: false, hasManifest: true, growing: false }
  const greeting = { peerId: 'loud', membership: {}, hello, shown: new Uint8Array() }
  const owner = { message: () => {} } as unknown as SessionOwner
  const session = new Session(greeting as never, {} as Link, owner, new BufferPool())
  for (let sent = 0; sent < (20 * mostMessages) / costOf(message); sent += 1) session.message(message)
}

test('a peer that says more than anybody has to say breaks the protocol', () => {
  expect(() => repeat({ type: 'invite' })).toThrow(ProtocolViolationError)
})

const runs = Array.from({ length: mostFrameBytes / 8 }, (_, i): Range => [2 * i, 1])

test.for<[string, Message]>([
  ['all that there may be', { type: 'have', ranges: [[0, mostChunks]] }],
  ['as many runs as fit a frame', { type: 'have', ranges: runs }],
])('so does one that announces %s, again and again', ([, message]) => {
  expect(() => repeat(message)).toThrow(ProtocolViolationError)
})

test.for<[string, Message, number]>([
  ['an invitation', { type: 'invite' }, 1],
  ['the word that there is a manifest', { type: 'have', ranges: [] }, 1],
  ['a chunk', { type: 'have', ranges: [[7, 1]] }, 2],
  ['as many runs as fit a frame', { type: 'have', ranges: runs }, 1 + runs.length],
  ['all chunks of the largest file', { type: 'wantParts', ranges: [[0, mostChunks]] }, 2 + mostChunks / 128],
])('%s counts as so many messages as it takes to work it off', ([, message, cost]) => {
  expect(costOf(message)).toBe(cost)
})
