// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { FileHandle } from 'node:fs/promises'
import type { ArrivalLog } from './arrival-log.ts'
import { replaceDurably } from './durable.ts'
import { type ArtifactState, encodeState } from './state-file.ts'

/** What a sync needs to know of its artifact. */
interface SyncedParts {
  readonly path: string
  readonly data: FileHandle
  readonly arrivals: ArrivalLog
  /** What else must be on the disk before the state is. */
  readonly syncFirst: () => Promise<void>
  /** State as it is now, in memory. */
  readonly state: () => ArtifactState
  /** Chunks that may not be on the disk although they were written. */
  readonly onLost: (indexes: ReadonlySet<number>) => void
}

/** Keeps the state file behind the data file: nothing is in it that was not on the disk before. */
export class SyncedState {
  readonly #parts: SyncedParts
  #unsynced = new Set<number>()
  /** The state file as it was last written. */
  #written: Uint8Array = new Uint8Array()
  #last: Promise<void> = Promise.resolve()
  #hasFailed = false

  constructor(parts: SyncedParts) {
    this.#parts = parts
  }

  /** A sync of the data has failed: what is read of it may stand in the cache of the kernel alone, and no other sync says so. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Takes note of chunks that were written and are in the state from now on. */
  add(indexes: Iterable<number>): void {
    for (const index of indexes) this.#unsynced.add(index)
  }

  /** One at a time: an older state must not replace a newer one, nor its half-written file. @throws NoSpaceError */
  sync(): Promise<void> {
    return this.#next(() => this.#sync())
  }

  /** Writes the state of another manifest, of data that is synced whether a chunk of it was written or not. */
  adopt(state: () => ArtifactState): Promise<void> {
    return this.#next(() => this.#syncAs(state(), true))
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(step)
    return this.#last
  }

  async #write(state: ArtifactState): Promise<void> {
    const bytes = encodeState(state)
    if (Buffer.compare(bytes, this.#written) === 0) return
    await replaceDurably(this.#parts.path, bytes)
    this.#written = bytes
  }

  async #sync(): Promise<void> {
    const { arrivals, state } = this.#parts
    // The state of this moment: chunks that arrive from here on are in the next one, and in the log until then.
    const mark = arrivals.mark
    await this.#syncAs(state(), this.#unsynced.size > 0)
    await arrivals.clear(mark)
  }

  async #syncAs(state: ArtifactState, dataToo: boolean): Promise<void> {
    const { data, syncFirst, onLost } = this.#parts
    const unsynced = this.#unsynced
    this.#unsynced = new Set()
    try {
      if (dataToo) await Promise.all([data.datasync(), syncFirst()])
    } catch (error) {
      // After a failed fsync the kernel may drop the pages: what was not on disk before is not believed any more.
      this.#hasFailed = true
      onLost(unsynced)
      throw error
    }
    try {
      await this.#write(state)
    } catch (error) {
      this.add(unsynced)
      throw error
    }
  }
}
