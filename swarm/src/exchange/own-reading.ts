// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { GrowingManifest, SignedPart } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import type { OwnParts } from './own-parts.ts'
import type { Session } from './session.ts'
import { completedBlocks } from './signed-parts.ts'

/** At most one signature in so many milliseconds, whatever comes in. */
const signEveryMs = 5

export interface OwnReadingInit {
  readonly artifact: StoredArtifact
  readonly own: OwnParts
  /** What others are told of: that of this seeder stays when the whole is known. */
  readonly told: () => GrowingManifest | undefined
  readonly now: () => number
}

/** What this seeder reads from the origin: signed in turns, so that everybody knows what a chunk is before it is dealt. */
export class OwnReading {
  readonly #init: OwnReadingInit
  #unsigned: number[] = []
  #afterSigning: (() => void)[] = []
  #signedAt = Number.NEGATIVE_INFINITY
  #signing: NodeJS.Timeout | undefined

  constructor(init: OwnReadingInit) {
    this.#init = init
  }

  /** The seeder has read these; `then` comes after everybody has been told what they are. */
  read(leaves: readonly number[], then: () => void): void {
    this.#unsigned.push(...leaves)
    this.#afterSigning.push(then)
    const waitMs = this.#signedAt + signEveryMs - this.#init.now()
    if (waitMs <= 0) {
      this.#signAll()
    } else {
      this.#signing ??= setTimeout(() => this.#signAll(), waitMs)
    }
  }

  /** Says at once what was going to be said. */
  flush(): void {
    if (this.#signing !== undefined) {
      this.#signAll()
    }
  }

  /** Says to one peer what is known of these. */
  state(session: Session, leaves: readonly number[]): void {
    this.#init.own.tell(session, this.#about(leaves))
  }

  stop(): void {
    clearTimeout(this.#signing)
  }

  #signAll(): void {
    const { own, artifact, now } = this.#init
    clearTimeout(this.#signing)
    this.#signing = undefined
    this.#signedAt = now()
    const leaves = this.#unsigned
    const then = this.#afterSigning
    this.#unsigned = []
    this.#afterSigning = []
    own.tellAll(this.#about([...leaves, ...completedBlocks(leaves, artifact.growing)]))
    for (const step of then) {
      step()
    }
  }

  #about(leaves: readonly number[]): SignedPart[] {
    const growing = this.#init.told()
    if (growing?.ownGeneration === undefined) {
      return []
    }
    const known = leaves.filter((leaf) => growing.isKnown(leaf))
    return this.#init.own.about(known, growing, growing.ownGeneration)
  }
}
