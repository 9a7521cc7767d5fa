// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/index.ts'
import { isWrong } from './is-wrong.ts'
import type { SwarmHost } from './types.ts'

interface AccusationsInit {
  readonly artifact: StoredArtifact
  readonly host: Pick<SwarmHost, 'log' | 'doubt'>
  /** It is not what the manifest says: nobody gets it from here, and it is fetched again. */
  readonly onDropped: (chunk: number) => void
}

/** Peers say that a chunk of this node's was wrong: one is looked at at a time. */
export class Accusations {
  readonly #init: AccusationsInit
  #looking = false

  constructor(init: AccusationsInit) {
    this.#init = init
  }

  /** To look at one chunk costs no more than to send it; only if it is wrong indeed all are hashed. */
  async accuse(chunk: number): Promise<void> {
    const { artifact, host, onDropped } = this.#init
    if (this.#looking || !artifact.has(chunk)) {
      return
    }
    this.#looking = true
    try {
      if (await isWrong(artifact, chunk)) {
        host.log.warn({ swarm: artifact.key, chunk }, 'A peer was right: what is on this disk is wrong')
        // From the store first: what comes anew while all else is hashed would be taken for a chunk that is here already.
        await artifact.drop(chunk)
        onDropped(chunk)
        await host.doubt(artifact)
      }
    } finally {
      this.#looking = false
    }
  }
}
