// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ManifestParts } from './dag.ts'
import { DIGEST_BYTES } from './digest.ts'
import { leafLength } from './layout.ts'

const LENGTH_BYTES = 4
const LEAF_BYTES = LENGTH_BYTES + DIGEST_BYTES

/** Leaves as they lie on disk and go over the wire. */
export interface Leaves {
  readonly digests: Uint8Array
  /** Bytes of each leaf, where they do not follow from the chunk size. */
  readonly lengths?: Uint32Array | undefined
}

/** The leaves from `first` up to `end`. */
export function leavesBetween(manifest: ManifestParts, first: number, end: number): Leaves {
  const digests = manifest.digests.subarray(first * DIGEST_BYTES, end * DIGEST_BYTES)
  if (manifest.ends === undefined) return { digests }
  const lengths = Uint32Array.from({ length: end - first }, (_, at) => leafLength(manifest, first + at))
  return { digests, lengths }
}

/** Digests one after the other; each after the length of its leaf (u32) where there are lengths. */
export function encodeLeaves({ digests, lengths }: Leaves): Uint8Array {
  if (lengths === undefined) return digests
  const bytes = Buffer.allocUnsafe(lengths.length * LEAF_BYTES)
  lengths.forEach((length, index) => {
    const at = bytes.writeUInt32BE(length, index * LEAF_BYTES)
    bytes.set(digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES), at)
  })
  return bytes
}

/** Reads what `encodeLeaves` wrote, into memory of its own. */
export function decodeLeaves(bytes: Buffer, withLengths: boolean): Leaves {
  if (!withLengths) return { digests: Uint8Array.from(bytes) }
  const count = Math.floor(bytes.length / LEAF_BYTES)
  const digests = new Uint8Array(count * DIGEST_BYTES)
  const lengths = new Uint32Array(count)
  for (let index = 0; index < count; index++) {
    const at = index * LEAF_BYTES
    lengths[index] = bytes.readUInt32BE(at)
    digests.set(bytes.subarray(at + LENGTH_BYTES, at + LEAF_BYTES), index * DIGEST_BYTES)
  }
  return { digests, lengths }
}

/** Where leaves of these lengths end, the first of which begins at `start`. */
export function endsOf(lengths: Iterable<number>, start = 0): Float64Array {
  let end = start
  return Float64Array.from(lengths, (length) => (end += length))
}
