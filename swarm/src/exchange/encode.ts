// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { encodeLeaves } from '../manifest/index.ts'
import {
  FrameType,
  type HelloMessage,
  type LeavesMessage,
  type ManifestMessage,
  type Message,
  type Range,
} from './messages.ts'

/** Length and type. */
const headBytes = 5
const chunkHeadBytes = headBytes + 8

/** The frame of a message, ready to be sent. CHUNK has its own, see `chunkHead`. */
export function encode(message: Message): Buffer {
  switch (message.type) {
    case 'hello':
      return hello(message)
    case 'manifest':
      return manifest(message)
    case 'close':
      return close(message.reason, message.message)
    case 'have':
      return ranges(FrameType.Have, message.ranges)
    case 'wantParts':
      return ranges(FrameType.WantParts, message.ranges)
    case 'signer':
      return signer(message.membership)
    case 'part':
      return withBytes(FrameType.Part, message.part)
    case 'leaves':
      return leaves(message)
    case 'grows':
      return withBytes(FrameType.Grows, Uint8Array.of(message.dealing ? 1 : 0))
    case 'token':
      return withU16(FrameType.Token, message.count)
    case 'invite':
      return frame(FrameType.Invite, 0)
    case 'pass':
      return pass(message.reason)
    default:
      return withNumbers(message)
  }
}

/** What stands before the bytes of a piece, so that these need not be copied. */
export function chunkHead(chunk: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(chunkHeadBytes)
  bytes.writeUInt32BE(chunkHeadBytes - 4 + length, 0)
  bytes.writeUInt8(FrameType.Chunk, 4)
  bytes.writeUInt32BE(chunk, headBytes)
  bytes.writeUInt32BE(offset, headBytes + 4)
  return bytes
}

function frame(type: number, bodyBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + bodyBytes)
  bytes.writeUInt32BE(1 + bodyBytes, 0)
  bytes.writeUInt8(type, 4)
  return bytes
}

function withU16(type: number, value: number): Buffer {
  const bytes = frame(type, 2)
  bytes.writeUInt16BE(value, headBytes)
  return bytes
}

type NumberMessage = Extract<
  Message,
  { type: 'wantManifest' | 'request' | 'cancel' | 'busy' | 'notFound' | 'arrived' | 'wrong' }
>

function withNumbers(message: NumberMessage): Buffer {
  if (message.type === 'busy') {
    const bytes = frame(FrameType.Busy, 8)
    bytes.writeUInt32BE(message.chunk, headBytes)
    bytes.writeUInt32BE(message.retryMs, headBytes + 4)
    return bytes
  }
  const types = {
    wantManifest: FrameType.WantManifest,
    request: FrameType.Request,
    cancel: FrameType.Cancel,
    notFound: FrameType.NotFound,
    arrived: FrameType.Arrived,
    wrong: FrameType.Wrong,
  }
  const bytes = frame(types[message.type], 4)
  bytes.writeUInt32BE(message.type === 'wantManifest' ? message.first : message.chunk, headBytes)
  return bytes
}

function pass(reason: 'full' | 'nothing'): Buffer {
  const bytes = frame(FrameType.Pass, 1)
  bytes.writeUInt8(reason === 'full' ? 0 : 1, headBytes)
  return bytes
}

function withBytes(type: number, body: Uint8Array): Buffer {
  const bytes = frame(type, body.length)
  bytes.set(body, headBytes)
  return bytes
}

function signer(membership: Uint8Array): Buffer {
  const bytes = frame(FrameType.Signer, 2 + membership.length)
  bytes.set(membership, bytes.writeUInt16BE(membership.length, headBytes))
  return bytes
}

function leaves({ size, chunkSize, first, digests }: LeavesMessage): Buffer {
  const bytes = frame(FrameType.Leaves, 16 + digests.length)
  let at = bytes.writeBigUInt64BE(BigInt(size), headBytes)
  at = bytes.writeUInt32BE(chunkSize, at)
  bytes.set(digests, bytes.writeUInt32BE(first, at))
  return bytes
}

function ranges(type: number, runs: readonly Range[]): Buffer {
  const bytes = frame(type, 8 * runs.length)
  let at = headBytes
  for (const [first, count] of runs) {
    at = bytes.writeUInt32BE(first, at)
    at = bytes.writeUInt32BE(count, at)
  }
  return bytes
}

function close(reason: string, message: string): Buffer {
  const reasonBytes = Buffer.from(reason).subarray(0, 255)
  const messageBytes = Buffer.from(message).subarray(0, 1024)
  const bytes = frame(FrameType.Close, 1 + reasonBytes.length + messageBytes.length)
  bytes.writeUInt8(reasonBytes.length, headBytes)
  bytes.set(reasonBytes, headBytes + 1)
  bytes.set(messageBytes, headBytes + 1 + reasonBytes.length)
  return bytes
}

function hello(message: HelloMessage): Buffer {
  const { membership, bitmap } = message
  const bytes = frame(FrameType.Hello, 2 + 32 + 2 + membership.length + 4 + bitmap.length)
  let at = bytes.writeUInt8(message.version, headBytes)
  at = bytes.writeUInt8(flagsOf(message), at)
  bytes.set(message.swarmId, at)
  at = bytes.writeUInt16BE(membership.length, at + 32)
  bytes.set(membership, at)
  at = bytes.writeUInt32BE(message.chunks, at + membership.length)
  bytes.set(bitmap, at)
  return bytes
}

const flagsOf = ({ dealing, hasManifest, growing }: HelloMessage): number =>
  (dealing ? 1 : 0) | (hasManifest ? 2 : 0) | (growing ? 4 : 0)

function manifest(message: ManifestMessage): Buffer {
  const { signature } = message
  const leaves = encodeLeaves(message)
  const bytes = frame(FrameType.Manifest, 24 + signature.length + leaves.length)
  let at = bytes.writeUInt8(message.format, headBytes)
  at = bytes.writeUInt8(message.complete ? 1 : 0, at)
  at = bytes.writeBigUInt64BE(BigInt(message.size), at)
  at = bytes.writeUInt32BE(message.chunkSize, at)
  at = bytes.writeUInt32BE(message.leaves, at)
  at = bytes.writeUInt32BE(message.first, at)
  at = bytes.writeUInt16BE(signature.length, at)
  bytes.set(signature, at)
  bytes.set(leaves, at + signature.length)
  return bytes
}
