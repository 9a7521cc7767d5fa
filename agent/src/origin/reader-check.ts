// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { rangesOf } from '@patchswarm/swarm/exchange'
import { leafDigest } from '@patchswarm/swarm/manifest'
import { ChunkFiller, OriginError, OriginStretches, type RangeSink } from '@patchswarm/swarm/origin'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { nextStep } from './check-plan.ts'
import type { OriginParts } from './origin-parts.ts'

const RETRY_MS = 1000
/** Bytes of one request at most: what a connection that breaks may cost. */
const REQUEST_BYTES = 16 * 1024 * 1024
/** The seeder need not have a way to the sources: that must be found out soon. */
const PATIENCE = { inactivityMs: 10_000, maxFutileTries: 2 }

/** A file that agents have read, whole, and that has not the digest. */
export interface Doubted {
  readonly wish: Artifact
  readonly stored: StoredArtifact
  /** By node: the leaves that were signed by its word; each leaf once. */
  readonly said: ReadonlyMap<string, readonly number[]>
  /** From now on the leaf is this one: what is held of it is held no more. */
  readonly correct: (leaf: number, digest: Uint8Array) => void
  /** Whether the whole has the digest now. */
  readonly isRight: () => Promise<boolean>
  readonly signal: AbortSignal
}

/** What reading again has shown. */
export interface Checked {
  readonly isRight: boolean
  /** By node: leaves of its word that are others in the sources. */
  readonly wrong: ReadonlyMap<string, readonly number[]>
  readonly leavesRead: number
  /** Bytes that it would have taken to get further and that the budget has not got. */
  readonly lackedBytes: number
  /** With such a spec.origin.budgetFactor it would have had them. */
  readonly neededFactor: number
  /** Why the seeder could not read the sources. */
  readonly error: string
}

/**
 * Finds out which of the agents that have read a file has said something else than the sources send: the seeder reads chunks again,
 * as many as the budget allows, and corrects what is wrong.
 */
export class ReaderCheck {
  readonly #parts: OriginParts
  readonly #doubted: Doubted
  readonly #origin: OriginStretches
  readonly #read = new Set<number>()
  readonly #wrong = new Set<number>()
  #isUnhashed = false
  #refusedBytes = Infinity

  constructor(parts: OriginParts, doubted: Doubted) {
    this.#parts = parts
    this.#doubted = doubted
    const { wish, stored } = doubted
    const { tracker, access, importDirectory, pace, log } = parts
    this.#origin = new OriginStretches({
      sources: wish.origin?.sources ?? [],
      access,
      importDirectory,
      // For what a broken connection has lost.
      grant: ({ offset, length }, signal) => tracker.requestGrant(this.#request(offset, length), { signal }),
      size: this.#outline.size,
      onRead: (bytes) => {
        stored.counters.originBytesRead += bytes
      },
      pace,
      log,
      ...PATIENCE,
    })
  }

  /** @throws the signal's reason; what the store throws */
  async run(): Promise<Checked> {
    try {
      for (;;) {
        const step = nextStep({
          said: this.#doubted.said,
          lengthOf: (leaf) => this.#doubted.stored.chunkLength(leaf),
          read: this.#read,
          wrong: this.#wrong,
          isUnhashed: this.#isUnhashed,
          refusedBytes: this.#refusedBytes,
          random: Math.random,
        })
        if (step.do === 'end') return this.#result({ lackedBytes: step.lackedBytes })
        if (step.do === 'read') await this.#readAgain(step.leaves)
        else if (await this.#doubted.isRight()) return this.#result({ isRight: true })
        else this.#isUnhashed = false
      }
    } catch (error) {
      this.#doubted.signal.throwIfAborted()
      if (!(error instanceof OriginError)) throw error
      return this.#result({ error: error.message })
    }
  }

  get #outline(): { size: number; chunkSize: number } {
    return this.#doubted.stored.growing ?? { size: 0, chunkSize: 0 }
  }

  async #readAgain(leaves: readonly number[]): Promise<void> {
    const { stored, signal } = this.#doubted
    const bytes = leaves.reduce((sum, leaf) => sum + stored.chunkLength(leaf), 0)
    if (!(await this.#pay(bytes))) {
      this.#refusedBytes = bytes
      return
    }
    const leave = { bytes }
    const { chunkSize, size } = this.#outline
    const most = Math.max(1, Math.floor(REQUEST_BYTES / chunkSize))
    for (const [first, count] of rangesOf(leaves)) {
      for (let from = first; from < first + count; from += most) {
        const end = Math.min((from + Math.min(most, first + count - from)) * chunkSize, size)
        await this.#origin.read({ sink: this.#sink(from, end), end, inOne: true }, leave, signal)
      }
    }
  }

  /** All of it or nothing: what cannot be brought to its end is not begun. @returns whether the budget has it */
  async #pay(bytes: number): Promise<boolean> {
    const { signal } = this.#doubted
    for (;;) {
      try {
        const { length } = await this.#parts.tracker.requestGrant(this.#request(0, bytes), { signal })
        return length > 0
      } catch (error) {
        signal.throwIfAborted()
        this.#parts.log.info({ err: error }, 'no answer to a grant request')
        await sleep(RETRY_MS, undefined, { signal })
      }
    }
  }

  #request(offset: number, length: number) {
    const { swarmId } = this.#doubted.wish
    return { swarmId, offset, length, totalSize: this.#outline.size, all: true }
  }

  #sink(first: number, end: number): RangeSink {
    const { chunkSize } = this.#outline
    let leaf = first
    return new ChunkFiller(
      first * chunkSize,
      (offset) => Math.min(chunkSize, end - offset),
      (bytes) => this.#compare(leaf++, bytes),
    )
  }

  async #compare(leaf: number, bytes: Buffer): Promise<void> {
    const { stored, correct } = this.#doubted
    this.#read.add(leaf)
    const digest = hash('sha256', bytes, 'buffer')
    if (stored.growing && digest.equals(leafDigest(stored.growing, leaf))) return
    this.#wrong.add(leaf)
    this.#isUnhashed = true
    correct(leaf, digest)
    await stored.writeChunk(leaf, bytes, 'origin')
  }

  /** To the tenth, and one more: next time the nodes have read other shares. */
  #factorFor(lackedBytes: number): number {
    const again = [...this.#read].reduce((sum, leaf) => sum + this.#doubted.stored.chunkLength(leaf), 0)
    return (Math.ceil((10 * (again + lackedBytes)) / this.#outline.size) + 11) / 10
  }

  #result(over: Partial<Checked>): Checked {
    const wrong = [...this.#doubted.said]
      .map(([node, leaves]) => [node, leaves.filter((leaf) => this.#wrong.has(leaf))] as const)
      .filter(([, leaves]) => leaves.length > 0)
    return {
      isRight: false,
      wrong: new Map(wrong),
      leavesRead: this.#read.size,
      lackedBytes: 0,
      error: '',
      ...over,
      neededFactor: this.#factorFor(over.lackedBytes ?? 0),
    }
  }
}
