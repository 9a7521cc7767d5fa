// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { rangesOf } from './ranges.ts'
import type { Session } from './session.ts'

/** Said again when no part has come back: the seeder that signs may have been another one, or not have been told who reads. */
const againMs = 500

export interface LeafStatementsInit {
  readonly sessions: ReadonlyMap<string, Session>
  /** Whether it is known what this leaf is. */
  readonly isKnown: (leaf: number) => boolean
}

interface Statement {
  readonly digest: Uint8Array
  readonly known: PromiseWithResolvers<void>
}

/** What this node has read of a file from its origin: told to the seeder, which signs it, until a part says what each leaf is. */
export class LeafStatements {
  readonly #init: LeafStatementsInit
  readonly #open = new Map<number, Statement>()
  #outline = { size: 0, chunkSize: 0 }
  #again: NodeJS.Timeout | undefined

  constructor(init: LeafStatementsInit) {
    this.#init = init
  }

  /** @returns when it is known what the leaf is, which may be something else; rejects when this node leaves the swarm */
  state(outline: { size: number; chunkSize: number }, leaf: number, digest: Uint8Array): Promise<void> {
    if (this.#init.isKnown(leaf)) {
      return Promise.resolve()
    }
    const statement = this.#open.get(leaf) ?? { digest, known: Promise.withResolvers<void>() }
    this.#open.set(leaf, statement)
    this.#outline = outline
    this.#tell([leaf])
    this.#again ??= setInterval(() => this.#tell([...this.#open.keys()]), againMs)
    return statement.known.promise
  }

  /** More has become known. */
  grown(): void {
    for (const [leaf, { known }] of this.#open) {
      if (this.#init.isKnown(leaf)) {
        this.#open.delete(leaf)
        known.resolve()
      }
    }
    if (this.#open.size === 0) {
      this.#rest()
    }
  }

  stop(): void {
    this.#rest()
    for (const { known } of this.#open.values()) {
      known.reject(new Error('this node has left the swarm'))
    }
    this.#open.clear()
  }

  #rest(): void {
    clearInterval(this.#again)
    this.#again = undefined
  }

  #tell(leaves: readonly number[]): void {
    const messages = rangesOf(leaves).map(([first, count]) => ({
      type: 'leaves' as const,
      ...this.#outline,
      first,
      digests: Buffer.concat(
        Array.from({ length: count }, (_, i) => this.#open.get(first + i)?.digest ?? new Uint8Array()),
      ),
    }))
    for (const session of this.#init.sessions.values()) {
      if (session.membership.roles.includes('seeder')) {
        for (const message of messages) {
          session.link.send(message)
        }
      }
    }
  }
}
