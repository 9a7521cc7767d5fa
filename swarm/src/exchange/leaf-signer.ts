// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkCount, type GrowingManifest, leafDigest, type ManifestPart } from '../manifest/index.ts'
import { type LeavesMessage, ProtocolViolationError, type Range } from './messages.ts'
import { rangesOf } from './ranges.ts'

const digestBytes = 32

/** What a seeder must know that signs what others read. */
export interface Collecting {
  /** Peer IDs of the agents that read the origin now. */
  readonly readers: ReadonlySet<string>
  /** Bytes of the file; 0 while nobody has said it. */
  readonly size: number
  readonly chunkSize: number
  /** When this seeder began to sign, in milliseconds since the epoch. */
  readonly generation: number
}

/** An agent that reads. */
export interface Reader {
  readonly peerId: string
  readonly node: string
}

export interface Holding {
  readonly growing: GrowingManifest | undefined
  has(leaf: number): boolean
}

/** Decides what a seeder signs of what readers say. The first word about a leaf counts, until it turns out that nobody has it. */
export class LeafSigner {
  #collecting: Collecting | undefined
  #generation = -1
  /** By leaf: the node whose word was signed. */
  readonly #saidBy = new Map<number, string>()

  set(collecting: Collecting): void {
    this.#collecting = collecting
  }

  get generation(): number {
    return this.#generation
  }

  /** Whose words were signed: leaves by node. */
  get said(): ReadonlyMap<string, readonly Range[]> {
    const byNode = Map.groupBy(this.#saidBy, ([, node]) => node)
    return new Map([...byNode].map(([node, said]) => [node, rangesOf(said.map(([leaf]) => leaf))]))
  }

  /**
   * @returns parts to sign, and leaves that were signed before: the reader has not heard of them
   * @throws ProtocolViolationError for leaves that the file has not: who is told so would take this seeder for the liar
   */
  take(
    { peerId, node }: Reader,
    message: LeavesMessage,
    { growing, has }: Holding,
  ): { news: ManifestPart[]; known: Range[] } {
    if (this.#collecting === undefined || !isOfFile(peerId, message, this.#collecting)) {
      return { news: [], known: [] }
    }
    checkEnd(message)
    const leaves = Array.from({ length: message.digests.length / digestBytes }, (_, i) => message.first + i)
    const before = (leaf: number) => growing?.isKnown(leaf) === true
    const isOther = (leaf: number) =>
      growing !== undefined && before(leaf) && !has(leaf) && !isSame(growing, leaf, digestOf(message, leaf))
    this.#date(growing?.generation ?? -1, leaves.some(isOther))
    const fresh = leaves.filter((leaf) => !before(leaf) || isOther(leaf))
    for (const leaf of fresh) this.#saidBy.set(leaf, node)
    const { size, chunkSize } = message
    return {
      news: rangesOf(fresh).map(([first, count]) => ({
        generation: this.#generation,
        size,
        chunkSize,
        first,
        digests: message.digests.slice(
          (first - message.first) * digestBytes,
          (first - message.first + count) * digestBytes,
        ),
      })),
      known: rangesOf(leaves.filter((leaf) => !fresh.includes(leaf))),
    }
  }

  /** What the leaf is by this seeder's own word, whatever it has signed before. */
  correct({ generation, size, chunkSize }: GrowingManifest, leaf: number, digest: Uint8Array): ManifestPart {
    this.#date(generation, true)
    return { generation: this.#generation, size, chunkSize, first: leaf, digests: digest }
  }

  /** Later than what was said before by others, or by this seeder of the same leaves. */
  #date(latest: number, again: boolean): void {
    const begun = Math.max(this.#generation, this.#collecting?.generation ?? 0)
    const isBehind = again || (this.#generation === -1 && latest >= begun)
    this.#generation = isBehind ? Math.max(begun, latest) + 1 : begun
  }
}

const isOfFile = (reader: string, { size, chunkSize }: LeavesMessage, collecting: Collecting): boolean =>
  collecting.readers.has(reader) && size === collecting.size && chunkSize === collecting.chunkSize

function checkEnd({ size, chunkSize, first, digests }: LeavesMessage): void {
  if (first + digests.length / digestBytes > chunkCount(size, chunkSize)) {
    throw new ProtocolViolationError(`leaves from ${first} on do not fit a file of ${size} bytes`)
  }
}

const digestOf = ({ first, digests }: LeavesMessage, leaf: number): Uint8Array =>
  digests.subarray((leaf - first) * digestBytes, (leaf - first + 1) * digestBytes)

const isSame = (growing: GrowingManifest, leaf: number, digest: Uint8Array): boolean =>
  Buffer.compare(leafDigest(growing, leaf), digest) === 0
