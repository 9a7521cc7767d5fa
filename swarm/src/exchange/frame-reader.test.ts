// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { chunkHead, encode } from './encode.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameType, type Message, mostChunks, mostFrameBytes, type Range } from './messages.ts'

function collect() {
  const messages: Message[] = []
  const pieces: { chunk: number; offset: number; bytes: Buffer }[] = []
  let target = Buffer.alloc(0)
  const reader = new FrameReader({
    message: (message) => messages.push(message),
    pieceBegins: (_chunk, _offset, length) => {
      target = Buffer.alloc(length)
      return target
    },
    pieceEnds: (chunk, offset) => pieces.push({ chunk, offset, bytes: target }),
  })
  return { messages, pieces, reader }
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7)

const examples: Message[] = [
  {
    type: 'hello',
    version: 1,
    dealing: true,
    hasManifest: true,
    growing: true,
    swarmId: bytes(32),
    membership: bytes(300),
    chunks: 17,
    bitmap: bytes(3),
  },
  {
    type: 'manifest',
    format: 1,
    complete: true,
    size: 2 ** 40 + 3,
    chunkSize: 1 << 20,
    leaves: 9,
    first: 4,
    signature: bytes(64),
    digests: bytes(96),
  },
  {
    type: 'manifest',
    format: 2,
    complete: true,
    size: 2 ** 40 + 3,
    chunkSize: 1 << 20,
    leaves: 9,
    first: 4,
    signature: bytes(0),
    digests: bytes(96),
    lengths: Uint32Array.of(1, 2 ** 32 - 1, 1 << 18),
  },
  { type: 'close', reason: 'OtherProfile', message: 'a member of profile edge, not of core — sorry' },
  { type: 'wantManifest', first: 8000 },
  { type: 'signer', membership: bytes(300) },
  { type: 'part', part: Buffer.from(bytes(200)) },
  { type: 'grows', dealing: true },
  {
    type: 'wantParts',
    ranges: [
      [0, 3],
      [70_000, 1],
    ],
  },
  {
    type: 'have',
    ranges: [
      [0, 3],
      [70_000, 1],
    ],
  },
  { type: 'have', ranges: [] },
  { type: 'token', count: 2 },
  { type: 'invite' },
  { type: 'pass', reason: 'full' },
  { type: 'pass', reason: 'nothing' },
  { type: 'request', chunk: 70_001 },
  { type: 'cancel', chunk: 5 },
  { type: 'busy', chunk: 5, retryMs: 1500 },
  { type: 'notFound', chunk: 5 },
  { type: 'arrived', chunk: 5 },
  { type: 'wrong', chunk: 5 },
]

test.for(examples)('$type is read as it was written', (message) => {
  const { messages, reader } = collect()
  reader.push(encode(message))
  expect(messages).toEqual([message])
})

test.for([1, 3, 13, 1000])('frames may be cut anywhere (every %i bytes)', (step) => {
  const { messages, pieces, reader } = collect()
  const payload = Buffer.from(bytes(5000))
  const piece = Buffer.concat([chunkHead(3, 65_536, payload.length), payload])
  const empty = chunkHead(4, 0, 0)
  const all = Buffer.concat([...examples.map(encode), piece, encode({ type: 'invite' }), empty])
  for (let at = 0; at < all.length; at += step) {
    reader.push(all.subarray(at, at + step))
  }
  expect(messages).toEqual([...examples, { type: 'invite' }])
  expect(pieces).toEqual([
    { chunk: 3, offset: 65_536, bytes: payload },
    { chunk: 4, offset: 0, bytes: Buffer.alloc(0) },
  ])
})

describe('a peer that does not keep to it', () => {
  const frame = (type: number, length: number) => {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(length, 0)
    head.writeUInt8(type, 4)
    return head
  }

  const all: Range = [0, mostChunks]

  test.for([
    ['a frame longer than any may be', frame(FrameType.Have, mostFrameBytes + 2)],
    ['a chunk piece without its head', frame(FrameType.Chunk, 5)],
    ['a piece larger than any may be', frame(FrameType.Chunk, 64 * 1024 * 1024)],
    ['a length of zero', frame(FrameType.Invite, 0)],
    ['a request without a number', Buffer.concat([frame(FrameType.Request, 3), Buffer.alloc(2)])],
    ['more chunks than any file has', encode({ type: 'have', ranges: [[0, 2 ** 32 - 1]] })],
    ['as many chunks as a file may have, again and again', encode({ type: 'have', ranges: [all, all] })],
    ['all chunks and one of them twice', encode({ type: 'wantParts', ranges: [all, [7, 1]] })],
    ['a run of no chunks', encode({ type: 'wantParts', ranges: [[7, 0]] })],
  ] as const)('is told from one that does: %s', ([, sent]) => {
    const { reader } = collect()
    expect(() => reader.push(sent)).toThrow(expect.objectContaining({ name: 'ProtocolViolationError' }))
  })

  test('all chunks that there may be can be spoken of in one frame', () => {
    const { messages, reader } = collect()
    reader.push(encode({ type: 'wantParts', ranges: [all] }))
    expect(messages).toEqual([{ type: 'wantParts', ranges: [all] }])
  })

  test('an unknown type is skipped', () => {
    const { messages, reader } = collect()
    reader.push(Buffer.concat([frame(99, 4), Buffer.alloc(3), encode({ type: 'invite' })]))
    expect(messages).toEqual([{ type: 'invite' }])
  })
})
