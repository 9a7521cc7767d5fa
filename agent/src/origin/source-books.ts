// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { SourceBook, type SourceHealth } from '@patchswarm/swarm/origin'

/** How the sources of each artifact have done, by the artifact's key. */
export class SourceBooks {
  readonly #books = new Map<string, SourceBook>()

  of(key: string): SourceBook {
    const book = this.#books.get(key) ?? new SourceBook()
    this.#books.set(key, book)
    return book
  }

  /** What is known of each source that was tried. */
  health(key: string): SourceHealth[] {
    return this.#books.get(key)?.list() ?? []
  }

  forget(key: string): void {
    this.#books.delete(key)
  }
}
