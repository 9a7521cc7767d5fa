// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { leafDigest, type Manifest } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'

/** Where the bytes of a chunk lie on this node: in an artifact, or nowhere, because they are all zero. */
export type Place = { readonly artifact: StoredArtifact; readonly index: number } | 'zeros'

/** Finds the chunks of an artifact that need not be fetched: another one holds the same bytes, an older version say. */
export class LocalChunks {
  readonly #artifact: StoredArtifact
  readonly #manifest: Manifest
  readonly #stored: () => readonly StoredArtifact[]
  readonly #zeros: readonly Uint8Array[]

  /** @param stored every artifact of this node, that one too: a full disk may have kept a chunk from some of its offsets */
  constructor(artifact: StoredArtifact, manifest: Manifest, stored: () => readonly StoredArtifact[]) {
    this.#artifact = artifact
    this.#manifest = manifest
    this.#stored = stored
    const last = artifact.chunkLength(artifact.chunks - 1)
    this.#zeros = [...new Set([manifest.chunkSize, last])].map(zeroDigest)
  }

  /** Ascending; of chunks that are the same only the first that is lacking, as they are written together. */
  find(): number[] {
    const found: number[] = []
    const seen = new Set<number>()
    for (let chunk = 0; chunk < this.#artifact.chunks; chunk++) {
      if (this.#artifact.has(chunk)) continue
      const first = this.#same(chunk)[0] ?? chunk
      if (seen.has(first)) continue
      seen.add(first)
      if (!this.places(chunk).next().done) found.push(chunk)
    }
    return found
  }

  /** Where the chunk may be had at this moment, best first. */
  *places(chunk: number): Generator<Place> {
    const digest = leafDigest(this.#manifest, chunk)
    if (this.#zeros.some((zero) => Buffer.compare(zero, digest) === 0)) yield 'zeros'
    for (const artifact of this.#stored()) {
      const index = artifact.find(digest).find((at) => artifact.has(at))
      if (index !== undefined && artifact.chunkLength(index) === this.#artifact.chunkLength(chunk)) {
        yield { artifact, index }
      }
    }
  }

  /** Held at every offset at which it stands. */
  isHeld(chunk: number): boolean {
    return this.#same(chunk).every((at) => this.#artifact.has(at))
  }

  #same(chunk: number): readonly number[] {
    return this.#artifact.find(leafDigest(this.#manifest, chunk))
  }
}

const zeroDigest = (length: number): Uint8Array => hash('sha256', Buffer.alloc(length), 'buffer')
