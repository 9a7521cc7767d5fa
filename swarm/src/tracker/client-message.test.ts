// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ClientMessageSchema } from '../proto/tracker_pb.ts'
import { readClientMessage } from './client-message.ts'
import { TrackerProtocolError } from './errors.ts'

const encode = (init: MessageInitShape<typeof ClientMessageSchema>) =>
  toBinary(ClientMessageSchema, create(ClientMessageSchema, init))
const [REPORT, ARTIFACT, SOURCE, CHANGED] = [[0x12], [0x1a], [0xa2, 0x01], [0x82, 0x05]]
/** A field of bytes. */
function field(tag: readonly number[], body: Uint8Array): Uint8Array {
  const length: number[] = []
  for (let rest = body.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from(tag), Buffer.from(length), body])
}
const empties = (tag: readonly number[], count: number): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, () => field(tag, new Uint8Array())))
const report = (...parts: Uint8Array[]): Uint8Array => field(REPORT, Buffer.concat(parts))
const hello = encode({ body: { case: 'hello', value: { token: 't', addresses: ['a', 'b'] } } })
const honest = encode({
  body: {
    case: 'report',
    value: {
      seq: 1,
      artifacts: Array.from({ length: 1000 }, () => ({
        swarmId: new Uint8Array(32),
        state: 'Complete',
        absent: [0, 300],
        reading: [0, 2 ** 40],
        sources: Array.from({ length: 8 }, () => ({ url: 'u', reachable: true })),
      })),
      deliveries: [{ id: 'a', rate: 1, peers: 3 }],
      cache: { usedBytes: 5 },
      roots: [{ path: '/a', ready: true }],
      changed: ['a'],
      wiped: true,
    },
  },
})

test('one who is not known may say hello, and a member what it has to report', () => {
  expect(readClientMessage(hello, false).body).toMatchObject({ case: 'hello', value: { token: 't' } })
  expect(readClientMessage(honest, true).body).toMatchObject({ case: 'report', value: { seq: 1 } })
})

test.for<[string, Uint8Array, boolean]>([
  ['thirty thousand artifacts of one who is not known', report(empties(ARTIFACT, 30_000)), false],
  ['the same behind a hello', Buffer.concat([hello, report(empties(ARTIFACT, 30_000))]), false],
  ['a hello that does not end where it says', hello.subarray(0, -1), false],
  ['more artifacts than a member can have', report(empties(ARTIFACT, 10_001)), true],
  ['more sources', report(field(ARTIFACT, empties(SOURCE, 10_001))), true],
  ['more changed files', report(empties(CHANGED, 10_001)), true],
  ['some in each of two reports', Buffer.concat([1, 2].map(() => report(empties(ARTIFACT, 6000)))), true],
  ['no message', Buffer.of(0xff, 0xff), true],
])('nothing is made of %s', ([, bytes, isKnown]) => {
  expect(() => readClientMessage(bytes, isKnown)).toThrow(TrackerProtocolError)
})
