// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { DIGEST_BYTES } from '../manifest/digest.ts'
import type { Manifest } from '../manifest/types.ts'

/** Finds the offsets at which a digest stands in the file. */
export class LeafIndex {
  readonly #offsets = new Map<string, number | number[]>()

  constructor(manifest: Manifest) {
    const digests = Buffer.from(manifest.digests.buffer, manifest.digests.byteOffset, manifest.digests.length)
    for (let index = 0; index < digests.length / DIGEST_BYTES; index++) {
      this.#add(digests.toString('latin1', index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES), index)
    }
  }

  /** Indexes of the chunks that have this digest, ascending. */
  find(digest: Uint8Array): readonly number[] {
    const found = this.#offsets.get(Buffer.from(digest).toString('latin1'))
    return found === undefined ? [] : typeof found === 'number' ? [found] : found
  }

  /** Nearly every digest stands once: an array is made only for those that do not. */
  #add(key: string, index: number): void {
    const known = this.#offsets.get(key)
    if (known === undefined) this.#offsets.set(key, index)
    else if (typeof known === 'number') this.#offsets.set(key, [known, index])
    else known.push(index)
  }
}
