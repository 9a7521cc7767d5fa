// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setImmediate } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { unlimited } from '../limits/index.ts'
import { FrameReader } from './frame-reader.ts'
import type { Message } from './messages.ts'
import { Outbox } from './outbox.ts'

/** What comes out at the other end of an outbox; it asks nothing else of a stream before the first chunk. */
function createOutbox() {
  const told: Message[] = []
  const reader = new FrameReader({
    message: (message) => told.push(message),
    pieceBegins: () => new Uint8Array(),
    pieceEnds: () => {},
  })
  const send = (parts: Iterable<Uint8Array>) => {
    for (const part of parts) reader.push(part)
    return true
  }
  const owner = { sink: { sent: () => {}, unreadable: () => {} }, abort: () => {}, ended: () => {} }
  const outbox = new Outbox({ send, writeStatus: 'writable' } as unknown as Stream, unlimited, owner)
  return { outbox, told }
}

test('what was got leaves with what is said next', async () => {
  const { outbox, told } = createOutbox()
  outbox.have([3])
  outbox.have([4])
  await setImmediate()
  expect(told).toEqual([])
  outbox.send({ type: 'invite' })
  await setImmediate()
  expect(told).toEqual([{ type: 'have', ranges: [[3, 2]] }, { type: 'invite' }])
})

test('what was got and has not left is announced when it is asked for', async () => {
  const { outbox, told } = createOutbox()
  outbox.have([3])
  outbox.announce()
  await setImmediate()
  expect(told).toEqual([{ type: 'have', ranges: [[3, 1]] }])
})

test('a peer that was told PASS full hears at once, whatever was said to it since', async () => {
  const { outbox, told } = createOutbox()
  outbox.send({ type: 'pass', reason: 'full' })
  outbox.send({ type: 'arrived', chunk: 1 })
  await setImmediate()
  outbox.have([1])
  await setImmediate()
  expect(told.map(({ type }) => type)).toEqual(['pass', 'arrived', 'have'])
})
