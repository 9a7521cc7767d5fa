// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile } from 'node:fs/promises'
import { replaceDurably, type StoredArtifact } from '@patchswarm/swarm/store'

/** What an artifact's counters said when a delivery first appeared: what came before is not that delivery's traffic. */
export interface Baseline {
  bytesFromOrigin: number
  bytesFromPeers: number
  /** Milliseconds since the epoch. */
  startedAt: number
}

/** Bytes of one delivery by where they came from; all that was on the node already counts as cache. */
export interface BytesBySource {
  origin: number
  peers: number
  cache: number
}

/**
 * What a delivery has got since its baseline. Counters below the baseline mean that the artifact was fetched anew in
 * between, so all of them is this delivery's.
 */
export function bytesSince(
  { counters, bytesHeld }: Pick<StoredArtifact, 'counters' | 'bytesHeld'>,
  { bytesFromOrigin, bytesFromPeers }: Baseline,
): BytesBySource {
  const since = (now: number, then: number) => (now < then ? now : now - then)
  const origin = Math.min(bytesHeld, since(counters.bytesFromOrigin, bytesFromOrigin))
  const peers = Math.min(bytesHeld - origin, since(counters.bytesFromPeers, bytesFromPeers))
  return { origin, peers, cache: bytesHeld - origin - peers }
}

/** Baselines by delivery, kept over restarts in a small file. */
export class Baselines {
  readonly #file: string
  readonly #entries: Map<string, Baseline>
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: string, entries: Map<string, Baseline>) {
    this.#file = file
    this.#entries = entries
  }

  /** A file that is missing or unreadable means that nothing was begun. */
  static async open(file: string): Promise<Baselines> {
    try {
      return new Baselines(file, new Map(Object.entries(JSON.parse(await readFile(file, 'utf8')))))
    } catch {
      return new Baselines(file, new Map())
    }
  }

  /** The baseline of the delivery; taken now when it is new. */
  async of(id: string, artifact: StoredArtifact, now: number): Promise<Baseline> {
    const known = this.#entries.get(id)
    if (known !== undefined) return known
    const { bytesFromOrigin, bytesFromPeers } = artifact.counters
    const baseline = { bytesFromOrigin, bytesFromPeers, startedAt: now }
    this.#entries.set(id, baseline)
    await this.#write()
    return baseline
  }

  /** Forgets the deliveries that are not listed. */
  async retain(ids: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#entries.keys()].filter((id) => !ids.has(id))
    for (const id of gone) this.#entries.delete(id)
    if (gone.length > 0) await this.#write()
  }

  #write(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => {})
      .then(() => replaceDurably(this.#file, Buffer.from(JSON.stringify(Object.fromEntries(this.#entries)))))
    return this.#writing
  }
}
