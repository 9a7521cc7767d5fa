// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { decodeLeaves } from '../manifest/index.ts'
import {
  FrameType,
  type HelloMessage,
  type LeavesMessage,
  type ManifestMessage,
  type Message,
  manifestFormats,
  mostChunks,
  ProtocolViolationError,
  type Range,
} from './messages.ts'

const digestBytes = 32

/**
 * Reads the body of a frame. Byte strings in the result are copies.
 * @returns undefined for a type that this version does not know
 * @throws ProtocolViolationError when it is too short or says something impossible
 */
export function decode(type: number, body: Buffer): Message | undefined {
  const read = readers[type]
  if (read === undefined) {
    return
  }
  try {
    return read(body)
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new ProtocolViolationError(`frame of type ${type} is too short (${body.length} bytes)`, { cause })
    }
    throw cause
  }
}

type Reader = (body: Buffer) => Message

const chunkOnly =
  (type: 'request' | 'cancel' | 'notFound' | 'arrived' | 'wrong'): Reader =>
  (body) => ({ type, chunk: body.readUInt32BE(0) })

const readers: Readonly<Record<number, Reader>> = {
  [FrameType.Hello]: hello,
  [FrameType.Close]: close,
  [FrameType.WantManifest]: (body) => ({ type: 'wantManifest', first: body.readUInt32BE(0) }),
  [FrameType.Manifest]: manifest,
  [FrameType.Have]: (body) => ({ type: 'have', ranges: rangesIn(body) }),
  [FrameType.Token]: (body) => ({ type: 'token', count: body.readUInt16BE(0) }),
  [FrameType.Invite]: () => ({ type: 'invite' }),
  [FrameType.Pass]: (body) => ({ type: 'pass', reason: body.readUInt8(0) === 0 ? 'full' : 'nothing' }),
  [FrameType.Request]: chunkOnly('request'),
  [FrameType.Cancel]: chunkOnly('cancel'),
  [FrameType.Busy]: (body) => ({ type: 'busy', chunk: body.readUInt32BE(0), retryMs: body.readUInt32BE(4) }),
  [FrameType.NotFound]: chunkOnly('notFound'),
  [FrameType.Arrived]: chunkOnly('arrived'),
  [FrameType.Wrong]: chunkOnly('wrong'),
  [FrameType.Signer]: (body) => ({
    type: 'signer',
    membership: Uint8Array.from(slice(body, 2, body.readUInt16BE(0))),
  }),
  [FrameType.Part]: (body) => ({ type: 'part', part: body }),
  [FrameType.Grows]: (body) => ({ type: 'grows', dealing: (body.readUInt8(0) & 1) !== 0 }),
  [FrameType.WantParts]: (body) => ({ type: 'wantParts', ranges: rangesIn(body) }),
  [FrameType.Leaves]: leaves,
}

function close(body: Buffer): Message {
  const length = body.readUInt8(0)
  const reason = slice(body, 1, length).toString()
  return { type: 'close', reason, message: body.subarray(1 + length, 1 + length + 1024).toString() }
}

/** No honest peer names a chunk twice in one frame, or none: what is done for each of them is bounded by that. */
function rangesIn(body: Buffer): Range[] {
  const ranges: Range[] = []
  let chunks = 0
  for (let at = 0; at + 8 <= body.length; at += 8) {
    const first = body.readUInt32BE(at)
    const count = body.readUInt32BE(at + 4)
    chunks += count
    checkChunks(Math.max(first + count, chunks))
    if (count === 0) {
      throw new ProtocolViolationError(`a run of no chunks at ${first}`)
    }
    ranges.push([first, count])
  }
  return ranges
}

function leaves(body: Buffer): LeavesMessage {
  const first = body.readUInt32BE(12)
  const count = Math.floor((body.length - 16) / digestBytes)
  checkChunks(first + count)
  return {
    type: 'leaves',
    size: Number(body.readBigUInt64BE(0)),
    chunkSize: body.readUInt32BE(8),
    first,
    digests: Uint8Array.from(slice(body, 16, count * digestBytes)),
  }
}

function hello(body: Buffer): HelloMessage {
  const flags = body.readUInt8(1)
  const membershipLength = body.readUInt16BE(34)
  const chunks = body.readUInt32BE(36 + membershipLength)
  checkChunks(chunks)
  return {
    type: 'hello',
    version: body.readUInt8(0),
    dealing: (flags & 1) !== 0,
    hasManifest: (flags & 2) !== 0,
    growing: (flags & 4) !== 0,
    swarmId: Uint8Array.from(slice(body, 2, 32)),
    membership: Uint8Array.from(slice(body, 36, membershipLength)),
    chunks,
    bitmap: Uint8Array.from(body.subarray(40 + membershipLength).subarray(0, Math.ceil(chunks / 8))),
  }
}

function manifest(body: Buffer): ManifestMessage {
  const format = body.readUInt8(0)
  const size = Number(body.readBigUInt64BE(2))
  const leaves = body.readUInt32BE(14)
  checkChunks(leaves)
  const signatureLength = body.readUInt16BE(22)
  return {
    type: 'manifest',
    format,
    complete: (body.readUInt8(1) & 1) !== 0,
    size,
    chunkSize: body.readUInt32BE(10),
    leaves,
    first: body.readUInt32BE(18),
    signature: Uint8Array.from(slice(body, 24, signatureLength)),
    ...decodeLeaves(body.subarray(24 + signatureLength), format === manifestFormats.lengthsAndDigests),
  }
}

function slice(body: Buffer, at: number, length: number): Buffer {
  if (at + length > body.length) {
    throw new RangeError(`needs ${at + length} bytes`)
  }
  return body.subarray(at, at + length)
}

function checkChunks(chunks: number): void {
  if (chunks > mostChunks) {
    throw new ProtocolViolationError(`${chunks} chunks are more than ${mostChunks}`)
  }
}
