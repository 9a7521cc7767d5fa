// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { JoinedSwarm } from '@patchswarm/swarm/exchange'
import { chooseChunkSize } from '@patchswarm/swarm/manifest'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import { checkedWords } from '../origin/checked-words.ts'
import type { OriginParts } from '../origin/origin-parts.ts'
import { type Checked, ReaderCheck } from '../origin/reader-check.ts'
import { salvage } from '../origin/salvage.ts'
import { sha256Of } from './first-use.ts'
import { readByWords } from './read-by.ts'

export interface CollectionParts {
  readonly stored: StoredArtifact
  readonly wish: () => Artifact
  readonly joined: () => JoinedSwarm | undefined
  readonly log: Logger
  /** How the sources are read once more, if what agents have read is another file. */
  readonly origins: OriginParts
  /** What is in doubt is not served. */
  readonly rest: (resting: boolean) => void
  /** Every chunk is here, and the whole is what it ought to be. */
  readonly onRight: (liars: readonly string[]) => Promise<void>
  /** The whole is another file. */
  readonly onWrong: (found: Found) => Promise<void>
  /** It may be said now what nobody has. */
  readonly onReady: () => void
}

/** A whole file that is another one. */
export interface Found {
  readonly sha256: string
  /** Which nodes have read what of it; empty for a seeder that has not signed it, whose word does not count. */
  readonly readBy: string
  /** What reading again has shown. */
  readonly message: string
  /** What it was read for. */
  readonly spec: string
}

/**
 * A seeder that does not read the origin: agents read ranges of it, this node signs what they say the leaves are, fetches the
 * chunks like anybody else, and hashes the whole.
 */
export class Collection {
  readonly #parts: CollectionParts
  readonly #abort = new AbortController()
  #generation = Date.now()
  readonly #unsubscribe: () => void
  #ready = false
  #hashing: Promise<void> | undefined
  #inDoubt = false

  constructor(parts: CollectionParts) {
    this.#parts = parts
    this.#unsubscribe = parts.stored.onHeld(() => this.#look())
    void this.#begin()
  }

  /** Who reads now. */
  update(): void {
    const { readers, size, chunkSize } = this.#parts.wish()
    this.#parts.joined()?.collect({
      // What is in doubt is judged by this node alone.
      readers: new Set(this.#inDoubt ? [] : readers),
      size,
      chunkSize: chunkSize || chooseChunkSize(size, 'Fixed'),
      generation: this.#generation,
    })
    this.#look()
  }

  /** Chunks that nobody has who is to be seen: first, count, first, count …; undefined before this node has looked around. */
  absent(): number[] | undefined {
    return this.#ready ? this.#parts.joined()?.absent().flat() : undefined
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#abort.abort(new Error('the artifact is not collected any more'))
    await this.#hashing
  }

  /** What peers have from before must not be read again. */
  async #begin(): Promise<void> {
    const { stored, wish, joined, onReady } = this.#parts
    const { signal } = this.#abort
    if (wish().origin?.begun && !stored.complete) {
      const look = () => ({
        bytesHeld: stored.bytesHeld,
        usefulPeers: joined()?.statistics().usefulPeers ?? 0,
      })
      await salvage(look, signal)
    }
    if (signal.aborted) return
    this.#ready = true
    onReady()
  }

  #look(): void {
    const { stored } = this.#parts
    const isWhole = stored.growing !== undefined && stored.chunks > 0 && stored.chunksHeld === stored.chunks
    if (!isWhole || this.#hashing !== undefined || this.#abort.signal.aborted) return
    this.#hashing = this.#hash().finally(() => {
      this.#hashing = undefined
    })
  }

  /** What is here is wrong in parts; which, is being found out. */
  get inDoubt(): boolean {
    return this.#inDoubt
  }

  async #hash(): Promise<void> {
    const { log } = this.#parts
    try {
      await this.#judge()
      // If it was another file, nothing that was signed so far is believed again.
      this.#generation = Date.now()
    } catch (error) {
      if (!this.#abort.signal.aborted) log.error({ err: error }, 'the whole could not be hashed')
    }
  }

  async #judge(): Promise<void> {
    const { joined, onRight, onWrong } = this.#parts
    // By the end of it the sources may be others.
    const { spec = '' } = this.#parts.wish().origin ?? {}
    const sha256 = await this.#sha256()
    if (this.#isRight(sha256)) return onRight([])
    const said = joined()?.said() ?? new Map()
    const signs = said.size > 0 || this.#parts.wish().readers.length > 0
    if (!signs) return onWrong({ sha256, readBy: '', message: '', spec })
    const checked = await this.#check(said)
    if (checked.isRight) return onRight([...checked.wrong.keys()].filter((node) => node !== ''))
    await onWrong({ sha256, readBy: readByWords(said), message: checkedWords(checked), spec })
  }

  async #check(ranges: ReturnType<JoinedSwarm['said']>): Promise<Checked> {
    const { stored, wish, joined, origins, rest } = this.#parts
    const said = leavesOf(ranges, stored.chunks)
    this.#inDoubt = true
    rest(true)
    this.update()
    try {
      return await new ReaderCheck(origins, {
        wish: wish(),
        stored,
        said,
        correct: (leaf, digest) => joined()?.correct(leaf, digest),
        isRight: async () => this.#isRight(await this.#sha256()),
        signal: this.#abort.signal,
      }).run()
    } finally {
      this.#inDoubt = false
      rest(false)
    }
  }

  #sha256(): Promise<string> {
    return sha256Of(this.#parts.stored.dataPath, this.#abort.signal)
  }

  /** Where nobody has said the digest, what is read first is it. */
  #isRight(sha256: string): boolean {
    const { digest } = this.#parts.wish()
    return digest === '' || digest === `sha256:${sha256}`
  }
}

/** By node; those that were signed before this process began are nobody's. */
function leavesOf(
  said: ReturnType<JoinedSwarm['said']>,
  chunks: number,
): ReadonlyMap<string, readonly number[]> {
  const leaves = [...said].map(
    ([node, ranges]) =>
      [node, ranges.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i))] as const,
  )
  const known = new Set(leaves.flatMap(([, some]) => some))
  const rest = Array.from({ length: chunks }, (_, leaf) => leaf).filter((leaf) => !known.has(leaf))
  return new Map([...leaves, ['', rest]])
}
