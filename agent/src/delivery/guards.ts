// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DeliveryJournal, lookAfter, type Mark, type Roots } from '@patchswarm/swarm/delivery'
import type { Guard } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'

export interface GuardsParts {
  readonly roots: Roots
  readonly journal: DeliveryJournal
  readonly log: Logger
  /** A file is another one now, or right again. */
  readonly onChange: () => void
}

const EVERY_MS = 60_000

/** Looks every minute whether delivered files are as they were, and says which are not: bringing them again is the tracker's to decide. */
export class Guards {
  readonly #parts: GuardsParts
  readonly #marks = new Map<string, Mark>()
  readonly #changed = new Set<string>()
  #guards: readonly Guard[] = []
  #turn: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(parts: GuardsParts) {
    this.#parts = parts
  }

  /** IDs of the deliveries whose files are gone or others. */
  get changed(): string[] {
    return [...this.#changed]
  }

  set(guards: readonly Guard[]): void {
    this.#guards = guards
    const listed = new Set(guards.map(({ id }) => id))
    for (const id of this.#marks.keys()) if (!listed.has(id)) this.#marks.delete(id)
    for (const id of this.#changed) if (!listed.has(id)) this.#changed.delete(id)
    this.look()
  }

  look(): void {
    clearTimeout(this.#timer)
    this.#turn = this.#turn.then(async () => {
      const before = this.changed.join()
      for (const guard of this.#guards) await this.#check(guard)
      if (this.changed.join() !== before) this.#parts.onChange()
      clearTimeout(this.#timer)
      if (this.#guards.length > 0) this.#timer = setTimeout(() => this.look(), EVERY_MS)
    })
  }

  async stop(): Promise<void> {
    this.#guards = []
    await this.#turn
    clearTimeout(this.#timer)
  }

  async #check(guard: Guard): Promise<void> {
    const { id } = guard
    if (!this.#guards.includes(guard)) return
    try {
      const mark = await lookAfter(guard, this.#marks.get(id), this.#parts)
      if (mark === undefined) {
        this.#changed.add(id)
      } else {
        this.#changed.delete(id)
        this.#marks.set(id, mark)
      }
    } catch (error) {
      this.#parts.log.warn({ err: error, delivery: id }, 'a delivered file could not be looked at')
    }
  }
}
