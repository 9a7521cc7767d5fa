// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/index.ts'
import { isWrong } from './is-wrong.ts'
import type { SwarmHost } from './types.ts'

interface AccusationsInit {
  readonly artifact: StoredArtifact
  readonly host: Pick<SwarmHost, 'log' | 'doubt'>
}

/** Chunks of this node's that may be wrong: one is looked at at a time. */
export class Accusations {
  readonly #init: AccusationsInit
  readonly #doubtful = new Set<number>()
  #looking = false

  constructor(init: AccusationsInit) {
    this.#init = init
  }

  /** A peer says that it is wrong. To look at one chunk costs no more than to send it, and what others say meanwhile is not listened to. */
  accuse(chunk: number): void {
    if (!this.#looking) {
      this.doubt(chunk)
    }
  }

  /** It could not be read. */
  doubt(chunk: number): void {
    if (this.#init.artifact.has(chunk)) {
      this.#doubtful.add(chunk)
      void this.#look()
    }
  }

  /** Only if one is wrong indeed all are hashed. */
  async #look(): Promise<void> {
    if (this.#looking) {
      return
    }
    this.#looking = true
    try {
      while (this.#doubtful.size > 0) {
        if (await this.#dropWrong()) {
          await this.#init.host.doubt(this.#init.artifact)
        }
      }
    } finally {
      this.#looking = false
    }
  }

  /** @returns whether there was one */
  async #dropWrong(): Promise<boolean> {
    const { artifact, host } = this.#init
    let found = false
    for (const chunk of this.#doubtful) {
      this.#doubtful.delete(chunk)
      if (artifact.has(chunk) && (await isWrong(artifact, chunk))) {
        found = true
        host.log.warn({ swarm: artifact.key, chunk }, 'What is on this disk is wrong, or cannot be read')
        // The store tells the swarm at once, and goes on trying to note it on the disk.
        await artifact.drop(chunk).catch((error: unknown) => {
          host.log.warn({ swarm: artifact.key, chunk, err: error }, 'Could not note that a chunk is dropped')
        })
      }
    }
    return found
  }
}
