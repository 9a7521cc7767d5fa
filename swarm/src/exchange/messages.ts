// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * `/patchswarm/chunk/1`: one libp2p stream a pair of peers and swarm ID. A frame is a big-endian u32 (bytes that follow),
 * a u8 type and a body; numbers are big-endian. Frames of an unknown type are skipped, longer bodies than known are read
 * as far as known: a newer peer may say more.
 *
 * | type | name          | body                                                                                   |
 * |------|---------------|----------------------------------------------------------------------------------------|
 * | 1    | HELLO         | u8 version, u8 flags (1 deals, 2 has the manifest, 4 a part of it), 32 swarm ID, u16 n, n membership, u32 chunks, bitmap |
 * | 2    | CLOSE         | u8 n, n reason, the rest: message (UTF-8)                                                |
 * | 3    | WANT_MANIFEST | u32 first leaf                                                                         |
 * | 4    | MANIFEST      | u8 format, u8 flags (1 complete), u64 size, u32 chunk size, u32 leaves, u32 first, u16 n, n signature, leaves: digests (32 each), in format 2 each after its length (u32) |
 * | 5    | HAVE          | (u32 first, u32 count)…, no chunk twice; none at all: "I have the manifest now"        |
 * | 6    | TOKEN         | u16 count: "send me any chunk I lack"                                                  |
 * | 7    | INVITE        | –                                                                                      |
 * | 8    | PASS          | u8 reason: 0 full, 1 nothing                                                           |
 * | 9    | REQUEST       | u32 chunk                                                                              |
 * | 10   | CHUNK         | u32 chunk, u32 offset, bytes: pieces of one chunk in order, other frames between them   |
 * | 11   | CANCEL        | u32 chunk                                                                              |
 * | 12   | BUSY          | u32 chunk, u32 milliseconds to wait                                                    |
 * | 13   | NOTFOUND      | u32 chunk                                                                              |
 * | 14   | ARRIVED       | u32 chunk: the piece in which its last 64 KiB begin has begun, one of up to 256 KiB     |
 * | 20   | SIGNER        | u16 n, n membership of a seeder: it has signed the PARTs that follow                    |
 * | 21   | PART          | u64 generation, u64 size, u32 chunk size, u32 first, u32 leaves, 64 signature, digests (32 each) |
 * | 22   | GROWS         | u8 flags (1 deals): "I have a part of the manifest now"                                 |
 * | 23   | WANT_PARTS    | (u32 first, u32 count)…: leaves whose digests I lack                                    |
 * | 25   | LEAVES        | u64 size, u32 chunk size, u32 first, digests (32 each): "I have read these from the origin", to the seeder that signs |
 * | 35   | WRONG         | u32 chunk: what you sent is not what the manifest says: look at your disk               |
 *
 * The opener says HELLO, the other answers HELLO or CLOSE. Bitmaps have the least significant bit first.
 * docs/swarm.md has an example of each and the order of a session.
 */
export const chunkProtocol = '/patchswarm/chunk/1'

export const protocolVersion = 1
/** Of a MANIFEST: leaves that all have the chunk size, or have lengths of their own. */
export const manifestFormats = { digests: 1, lengthsAndDigests: 2 } as const

/** No frame but CHUNK may be longer: a bitmap of two million chunks, a manifest part of 8,000 leaves. */
export const mostFrameBytes = 320 * 1024
/** A MANIFEST frame carries at most this many digests. */
export const leavesPerPart = 8000
/** Two million chunks: 512 GiB in chunks of 256 KiB. */
export const mostChunks = 1 << 21
/** Where links are shared a chunk is sent in pieces of at most this size, so that other messages need not wait for the whole. */
export const pieceBytes = 64 * 1024

export const FrameType = {
  Hello: 1,
  Close: 2,
  WantManifest: 3,
  Manifest: 4,
  Have: 5,
  Token: 6,
  Invite: 7,
  Pass: 8,
  Request: 9,
  Chunk: 10,
  Cancel: 11,
  Busy: 12,
  NotFound: 13,
  Arrived: 14,
  Signer: 20,
  Part: 21,
  Grows: 22,
  WantParts: 23,
  Leaves: 25,
  Wrong: 35,
} as const

export interface HelloMessage {
  readonly type: 'hello'
  readonly version: number
  readonly dealing: boolean
  readonly hasManifest: boolean
  /** It has a part of the manifest, or all of it but the proof that it is the right one. */
  readonly growing: boolean
  readonly swarmId: Uint8Array
  readonly membership: Uint8Array
  readonly chunks: number
  readonly bitmap: Uint8Array
}

export interface ManifestMessage {
  readonly type: 'manifest'
  readonly format: number
  readonly complete: boolean
  readonly size: number
  readonly chunkSize: number
  readonly leaves: number
  readonly first: number
  readonly signature: Uint8Array
  readonly digests: Uint8Array
  /** Bytes of each leaf, in format 2. */
  readonly lengths?: Uint32Array | undefined
}

/** What an agent that reads the origin has found there, for the seeder to sign. */
export interface LeavesMessage {
  readonly type: 'leaves'
  /** Bytes of the whole file. */
  readonly size: number
  readonly chunkSize: number
  readonly first: number
  /** 32 bytes a leaf. */
  readonly digests: Uint8Array
}

/** Runs of chunks: [first, count]. */
export type Range = readonly [first: number, count: number]

export type Message =
  | HelloMessage
  | ManifestMessage
  | LeavesMessage
  | { readonly type: 'close'; readonly reason: string; readonly message: string }
  | { readonly type: 'wantManifest'; readonly first: number }
  | { readonly type: 'have'; readonly ranges: readonly Range[] }
  | { readonly type: 'token'; readonly count: number }
  | { readonly type: 'invite' }
  | { readonly type: 'pass'; readonly reason: 'full' | 'nothing' }
  | { readonly type: 'request'; readonly chunk: number }
  | { readonly type: 'cancel'; readonly chunk: number }
  | { readonly type: 'busy'; readonly chunk: number; readonly retryMs: number }
  | { readonly type: 'notFound'; readonly chunk: number }
  | { readonly type: 'arrived'; readonly chunk: number }
  | { readonly type: 'wrong'; readonly chunk: number }
  | { readonly type: 'signer'; readonly membership: Uint8Array }
  /** What `decodePart` reads: who signed it is the session's to know. */
  | { readonly type: 'part'; readonly part: Uint8Array }
  | { readonly type: 'grows'; readonly dealing: boolean }
  | { readonly type: 'wantParts'; readonly ranges: readonly Range[] }

/** The peer broke the protocol: a frame too long, a body too short, a chunk that nobody asked for. */
export class ProtocolViolationError extends Error {
  override name = 'ProtocolViolationError'
}
