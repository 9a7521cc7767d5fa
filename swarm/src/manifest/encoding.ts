// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { DIGEST_BYTES } from './digest.ts'
import { leafCount } from './layout.ts'
import { decodeLeaves, encodeLeaves, endsOf, leavesBetween } from './leaves.ts'
import { InvalidManifestError, manifestOf } from './manifest.ts'
import type { Manifest } from './types.ts'

const MAGIC = Buffer.from('PSMANIF1')
/** The leaves have lengths of their own. */
const MAGIC_OF_LENGTHS = Buffer.from('PSMANIF2')
const SIZE_AT = MAGIC.length
const CHUNK_SIZE_AT = SIZE_AT + 8
const LEAVES_AT = CHUNK_SIZE_AT + 4

/** The manifest as it lies on disk: sizes and leaves, then a SHA-256 over them so that a torn file is noticed. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const leaves = encodeLeaves(leavesBetween(manifest, 0, leafCount(manifest)))
  const bytes = Buffer.alloc(LEAVES_AT + leaves.length + DIGEST_BYTES)
  bytes.set(manifest.ends === undefined ? MAGIC : MAGIC_OF_LENGTHS)
  bytes.writeBigUInt64BE(BigInt(manifest.size), SIZE_AT)
  bytes.writeUInt32BE(manifest.chunkSize, CHUNK_SIZE_AT)
  bytes.set(leaves, LEAVES_AT)
  const body = bytes.subarray(0, bytes.length - DIGEST_BYTES)
  bytes.set(hash('sha256', body, 'buffer'), body.length)
  return bytes
}

/**
 * Reads what `encodeManifest` wrote; the CID is computed anew.
 * @throws InvalidManifestError
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const body = view.subarray(0, Math.max(0, view.length - DIGEST_BYTES))
  const magic = body.subarray(0, MAGIC.length)
  if (body.length < LEAVES_AT || !(magic.equals(MAGIC) || magic.equals(MAGIC_OF_LENGTHS))) {
    throw new InvalidManifestError('These bytes are no manifest')
  }
  if (!hash('sha256', body, 'buffer').equals(view.subarray(body.length))) {
    throw new InvalidManifestError('The manifest is damaged: its checksum is another one')
  }
  const { digests, lengths } = decodeLeaves(body.subarray(LEAVES_AT), magic.equals(MAGIC_OF_LENGTHS))
  return manifestOf({
    size: Number(body.readBigUInt64BE(SIZE_AT)),
    chunkSize: body.readUInt32BE(CHUNK_SIZE_AT),
    ends: lengths && endsOf(lengths),
    digests,
  })
}
