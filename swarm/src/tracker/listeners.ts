// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'

/** Who wants to hear of something; one listener that throws does not keep it from the others. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  /** @returns the unsubscribe */
  add(listener: (value: T) => void): () => void {
    // A wrapper of its own: the same function may listen twice and leave once.
    const own = (value: T) => listener(value)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  call(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value)
      } catch (error) {
        this.#log.error({ err: error }, 'a listener failed')
      }
    }
  }
}
