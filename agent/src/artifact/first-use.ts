// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open } from 'node:fs/promises'
import { hashFile } from '@patchswarm/swarm/delivery'
import type { StoredArtifact } from '@patchswarm/swarm/store'

/** What file this is, in hex. @throws the signal's reason */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  await using file = await open(path)
  return await hashFile(file, { signal })
}

/** Of an artifact whose digest nobody has said: whoever has read it first says it. */
export class FirstUse {
  readonly #abort = new AbortController()
  #sha256 = ''
  #begun = false

  /** In hex; empty before it is found. */
  get sha256(): string {
    return this.#sha256
  }

  /** Reads the whole, once. @returns whether the digest is new; false when it was stopped */
  async find({ dataPath }: StoredArtifact): Promise<boolean> {
    const { signal } = this.#abort
    if (this.#begun) return false
    this.#begun = true
    try {
      this.#sha256 = await sha256Of(dataPath, signal)
      return true
    } catch (error) {
      this.#begun = false
      if (signal.aborted) return false
      throw error
    }
  }

  stop(): void {
    this.#abort.abort(new Error('the artifact is not held any more'))
  }
}
