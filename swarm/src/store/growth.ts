// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { rm } from 'node:fs/promises'
import type { Logger } from 'pino'
import { ContradictionError, GrowingManifest, type Growth } from '../manifest/growing-manifest.ts'
import type { SignedPart } from '../manifest/signed-part.ts'
import { type LoggedPart, PartsLog } from './parts-log.ts'

/** A growing manifest on disk; that of the node that reads the origin itself lies in its ingest log instead. */
export class StoredGrowth {
  readonly manifest: GrowingManifest
  /** Memberships of those who signed its parts, by peer ID. */
  readonly signers = new Map<string, Uint8Array>()
  /** Leaves that were others before a part in the log: what the state says of them may be older than that. */
  readonly changedBefore = new Set<number>()
  readonly #path: string
  readonly #parts: PartsLog | undefined
  readonly #log: Logger

  private constructor(manifest: GrowingManifest, path: string, parts: PartsLog | undefined, log: Logger) {
    this.manifest = manifest
    this.#path = path
    this.#parts = parts
    this.#log = log
  }

  /** Of the node that reads the origin. */
  static own(size: number, chunkSize: number, generation: number, log: Logger): StoredGrowth {
    return new StoredGrowth(new GrowingManifest(size, chunkSize, generation), '', undefined, log)
  }

  static async begin(path: string, size: number, chunkSize: number, log: Logger): Promise<StoredGrowth> {
    await rm(path, { force: true })
    const { log: parts } = await PartsLog.open(path)
    return new StoredGrowth(new GrowingManifest(size, chunkSize), path, parts, log)
  }

  /** What an earlier process left; undefined when that is nothing. */
  static async reopen(path: string, log: Logger): Promise<StoredGrowth | undefined> {
    const { log: parts, logged } = await PartsLog.open(path)
    const [first] = logged
    if (first === undefined) {
      await parts.close()
      await rm(path, { force: true })
      return undefined
    }
    const { size, chunkSize } = first.part
    const growth = new StoredGrowth(new GrowingManifest(size, chunkSize), path, parts, log)
    for (const one of logged) growth.#restore(one)
    return growth
  }

  /** @throws InvalidManifestError, ContradictionError */
  add(part: SignedPart, membership: Uint8Array): Growth {
    const growth = this.manifest.add(part)
    this.signers.set(part.signer, membership)
    this.#parts?.append({ part, membership }).catch((error: unknown) => {
      this.#log.debug({ err: error }, 'A part of a growing manifest could not be kept on disk')
    })
    return growth
  }

  /** Before the state says that a chunk is held, the digest that it was checked against is on the disk. */
  async sync(): Promise<void> {
    await this.#parts?.sync()
  }

  async close(): Promise<void> {
    await this.#parts?.close()
  }

  async remove(): Promise<void> {
    await this.close()
    if (this.#path !== '') await rm(this.#path, { force: true })
  }

  #restore({ part, membership }: LoggedPart): void {
    try {
      for (const leaf of this.manifest.add(part).changed) this.changedBefore.add(leaf)
      this.signers.set(part.signer, membership)
    } catch (error) {
      // It was on disk before the contradiction was acted upon.
      if (!(error instanceof ContradictionError)) throw error
    }
  }
}
