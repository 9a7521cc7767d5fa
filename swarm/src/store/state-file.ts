// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import type { ArtifactCounters } from './types.ts'

/** What an artifact's state file says: true of the data file at the last fdatasync, or earlier than that. */
export interface ArtifactState {
  /** CID of the manifest that the bitmap is about, '' before there is one. */
  readonly cid: string
  readonly counters: ArtifactCounters
  /** Milliseconds since the epoch; undefined in files of earlier versions. */
  readonly usedAt: number | undefined
  readonly bitmap: Uint8Array
}

const MAGIC = Buffer.from('PSSTATE1')
const CHECKSUM_BYTES = 32

export const NO_COUNTERS: Readonly<ArtifactCounters> = {
  bytesFromOrigin: 0,
  bytesFromPeers: 0,
  bytesFromCache: 0,
  bytesToPeers: 0,
  originBytesRead: 0,
  chunksVerified: 0,
  chunksRefused: 0,
}

/** Magic, length of the header, header (JSON), bitmap, SHA-256 of all of it. */
export function encodeState(state: ArtifactState): Uint8Array {
  const header = Buffer.from(
    JSON.stringify({ cid: state.cid, counters: state.counters, usedAt: state.usedAt }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.length)
  const body = Buffer.concat([MAGIC, length, header, state.bitmap])
  return Buffer.concat([body, hash('sha256', body, 'buffer')])
}

/** Undefined when the bytes are not what `encodeState` wrote: a damaged state is not trusted in part. */
export function decodeState(bytes: Uint8Array): ArtifactState | undefined {
  const view = Buffer.from(bytes)
  const body = view.subarray(0, Math.max(0, view.length - CHECKSUM_BYTES))
  const headerAt = MAGIC.length + 4
  if (body.length < headerAt || !body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  if (!hash('sha256', body, 'buffer').equals(view.subarray(body.length))) return undefined
  const bitmapAt = headerAt + body.readUInt32BE(MAGIC.length)
  const header: { cid: string; counters: Partial<ArtifactCounters>; usedAt?: number } = JSON.parse(
    body.toString('utf8', headerAt, bitmapAt),
  )
  return {
    cid: header.cid,
    counters: { ...NO_COUNTERS, ...header.counters },
    usedAt: header.usedAt,
    bitmap: Uint8Array.from(body.subarray(bitmapAt)),
  }
}
