// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { DIGEST_BYTES, longestLeaf, type ManifestParts } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'

/** Offsets of one digest in one artifact that are looked at. */
const mostLooked = 16

/** Where the bytes of a chunk lie on this node: in an artifact, or nowhere, because they are all zero. */
export type Place = { readonly artifact: StoredArtifact; readonly index: number } | 'zeros'

/** Finds the chunks of an artifact that need not be fetched: another one holds the same bytes, an older version say. */
export class LocalChunks {
  readonly #artifact: StoredArtifact
  readonly #digests: Buffer
  readonly #stored: () => readonly StoredArtifact[]
  readonly #zeros: readonly Uint8Array[]

  /** @param stored every artifact of this node, that one too: a full disk may have kept a chunk from some of its offsets */
  constructor(artifact: StoredArtifact, manifest: ManifestParts, stored: () => readonly StoredArtifact[]) {
    this.#artifact = artifact
    const { digests } = manifest
    this.#digests = Buffer.from(digests.buffer, digests.byteOffset, digests.length)
    this.#stored = stored
    const last = artifact.chunkLength(artifact.chunks - 1)
    // Content that is all zeros is cut at the longest that a chunk may be.
    this.#zeros = [...new Set([longestLeaf(manifest), last])].map(zeroDigest)
  }

  /** Ascending; of chunks that are the same only the first that is lacking, as they are written together. */
  find(among: Iterable<number> = Array(this.#artifact.chunks).keys()): number[] {
    const found: number[] = []
    const seen = new Set<number>()
    const stored = this.#stored().filter(({ chunksHeld }) => chunksHeld > 0)
    for (const chunk of among) {
      if (this.#artifact.has(chunk)) continue
      const digest = this.#digest(chunk)
      if (!(this.#isZeros(digest) || stored.some((one) => heldIn(one, digest) !== undefined))) continue
      const first = this.#artifact.find(digest)[0] ?? chunk
      if (!seen.has(first)) found.push(chunk)
      seen.add(first)
    }
    return found
  }

  /** Where the chunk may be had at this moment, best first. */
  places(chunk: number): Place[] {
    const digest = this.#digest(chunk)
    const places: Place[] = this.#isZeros(digest) ? ['zeros'] : []
    for (const artifact of this.#stored()) {
      const index = heldIn(artifact, digest)
      if (index !== undefined) places.push({ artifact, index })
    }
    return places
  }

  /** Held at every offset at which it stands. */
  isHeld(chunk: number): boolean {
    const same = this.#artifact.find(this.#digest(chunk))
    return same.every((at) => this.#artifact.has(at))
  }

  /** A Buffer from the start: every index would make one of its own of it. */
  #digest(chunk: number): Buffer {
    return this.#digests.subarray(chunk * DIGEST_BYTES, (chunk + 1) * DIGEST_BYTES)
  }

  #isZeros(digest: Buffer): boolean {
    return this.#zeros.some((zero) => zero[0] === digest[0] && digest.equals(zero))
  }
}

/** Where the artifact holds a chunk with this digest. The same digest means the same bytes, and so the same length. */
function heldIn(artifact: StoredArtifact, digest: Buffer): number | undefined {
  const same = artifact.find(digest)
  // A chunk is written at all of its offsets at once: when the first ones are not held, hardly any is.
  for (let at = 0; at < Math.min(same.length, mostLooked); at++) {
    const index = same[at]
    if (index !== undefined && artifact.has(index)) return index
  }
  return undefined
}

const zeroDigest = (length: number): Uint8Array => hash('sha256', Buffer.alloc(length), 'buffer')
