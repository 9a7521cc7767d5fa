// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ClientSession } from './client-session.ts'
import { TrackerUnavailableError } from './errors.ts'

/** When the connection of a client ends by itself: in silence, or for its age. */
export class SessionTimers {
  #silence: NodeJS.Timeout | undefined
  #age: NodeJS.Timeout | undefined

  /** Every report is answered, so silence means a connection that died without a word. */
  expectMessage(session: ClientSession, withinMs: number): void {
    clearTimeout(this.#silence)
    const dead = () => session.destroy(new TrackerUnavailableError(`nothing heard for ${withinMs} ms`))
    this.#silence = setTimeout(dead, withinMs)
  }

  endAfter(session: ClientSession, ageMs: number): void {
    clearTimeout(this.#age)
    this.#age = setTimeout(() => session.end(), ageMs)
  }

  stop(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#age)
  }
}
