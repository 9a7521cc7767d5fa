// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { endsOf, leafCount, leavesBetween, type Manifest, manifestOf } from '../manifest/index.ts'
import { ManifestMismatchError } from './errors.ts'
import { leavesPerPart, type ManifestMessage, manifestFormats, ProtocolViolationError } from './messages.ts'

const digestBytes = 32

/** The part of a manifest that begins at `first`, as it is sent. */
export function manifestPart(manifest: Manifest, first: number): ManifestMessage {
  const leaves = leafCount(manifest)
  const start = Math.min(first, leaves)
  return {
    type: 'manifest',
    format: manifest.ends === undefined ? manifestFormats.digests : manifestFormats.lengthsAndDigests,
    complete: true,
    size: manifest.size,
    chunkSize: manifest.chunkSize,
    leaves,
    first: start,
    // Filled in by a seeder that sends while it still reads.
    signature: new Uint8Array(),
    ...leavesBetween(manifest, start, Math.min(start + leavesPerPart, leaves)),
  }
}

/** Puts the parts of one peer together. Nothing of them is believed before the root computed from all is the expected one. */
export class ManifestAssembly {
  readonly #expectedCid: string
  #digests: Uint8Array | undefined
  #ends: Float64Array | undefined
  #size = 0
  #chunkSize = 0
  #filled = 0

  constructor(expectedCid: string) {
    this.#expectedCid = expectedCid
  }

  /** The leaf to ask for next. */
  get next(): number {
    return this.#filled
  }

  /**
   * @returns the manifest when this was the last part
   * @throws ProtocolViolationError when the part does not fit
   * @throws ManifestMismatchError when the whole is another artifact
   */
  add(part: ManifestMessage): Manifest | undefined {
    this.#check(part)
    this.#digests ??= new Uint8Array(part.leaves * digestBytes)
    this.#size = part.size
    this.#chunkSize = part.chunkSize
    this.#digests.set(part.digests, part.first * digestBytes)
    this.#takeLengths(part)
    this.#filled += part.digests.length / digestBytes
    if (this.#filled * digestBytes < this.#digests.length) {
      return
    }
    const manifest = manifestOf({
      size: this.#size,
      chunkSize: this.#chunkSize,
      ends: this.#ends,
      digests: this.#digests,
    })
    if (manifest.cid !== this.#expectedCid) {
      throw new ManifestMismatchError(`the manifest is that of ${manifest.cid}, not of ${this.#expectedCid}`)
    }
    return manifest
  }

  #takeLengths({ lengths, first, leaves }: ManifestMessage): void {
    if (lengths !== undefined) {
      this.#ends ??= new Float64Array(leaves)
      this.#ends.set(endsOf(lengths, this.#ends[first - 1]), first)
    }
  }

  #check(part: ManifestMessage): void {
    if (!Object.values<number>(manifestFormats).includes(part.format) || !part.complete) {
      throw new ProtocolViolationError(`manifest of format ${part.format} that is not complete`)
    }
    const known = this.#digests
    const changed =
      known !== undefined &&
      (part.size !== this.#size ||
        part.chunkSize !== this.#chunkSize ||
        (part.lengths === undefined) !== (this.#ends === undefined) ||
        part.leaves * digestBytes !== known.length)
    const misplaced =
      part.first !== this.#filled ||
      part.digests.length === 0 ||
      part.digests.length % digestBytes !== 0 ||
      part.first + part.digests.length / digestBytes > part.leaves
    if (changed || misplaced) {
      throw new ProtocolViolationError(`manifest part at leaf ${part.first} does not fit`)
    }
  }
}
