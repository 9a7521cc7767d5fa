// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { Lane, type NoteHandler } from './lane.ts'
import { Timers } from './timers.ts'

/** What is due for one of many, at its time. */
type TimerHandler = (whom: number, at: number) => void

/**
 * What is to happen in a simulation, by time; equal times in the order they were added. What always takes the same time
 * has a lane of its own, the rest lies in one heap.
 */
export class Agenda {
  now = 0
  #order = 0
  readonly #timers = new Timers()
  readonly #handlers: TimerHandler[] = []
  readonly #lanes: Lane[] = []
  readonly #once: ((() => void) | undefined)[] = []
  readonly #addOnce = this.timer((whom) => {
    const run = this.#once[whom]
    this.#once[whom] = undefined
    run?.()
  })

  /** For what happens seldom. */
  add(at: number, run: () => void): void {
    this.#addOnce(this.#once.push(run) - 1, at)
  }

  /** @returns what adds to the agenda that `handle` is called for somebody at a time */
  timer(handle: TimerHandler): TimerHandler {
    const kind = this.#handlers.push(handle) - 1
    return (whom, at) => this.#timers.add(Math.max(at, this.now), this.#order++, kind, whom)
  }

  /** @returns what adds a note that `handle` is given after `delayMs`, always the same */
  lane(delayMs: number, handle: NoteHandler): NoteHandler {
    const lane = new Lane(delayMs, handle)
    this.#lanes.push(lane)
    return (kind, a, b, c, d) => lane.add(this.now + delayMs, this.#order++, kind, a, b, c, d)
  }

  /**
   * @param settle called after each event
   * @throws Error when nothing is left to happen, or `limitMs` of simulated time have passed, before `done`
   */
  run(done: () => boolean, limitMs: number, settle: () => void): void {
    while (!done()) {
      const lane = this.#nextLane()
      const { length, at: timerAt } = this.#timers
      const at = lane?.at ?? (length > 0 ? timerAt : undefined)
      if (at === undefined || at > limitMs) {
        throw new Error(at === undefined ? 'nothing is going on any more' : `not done in ${limitMs} ms`)
      }
      this.now = at
      if (lane === undefined) {
        this.#takeTimer()
      } else {
        lane.take()
      }
      settle()
    }
  }

  /** The lane whose first note is due before everything else. */
  #nextLane(): Lane | undefined {
    let at = this.#timers.length > 0 ? this.#timers.at : Number.POSITIVE_INFINITY
    let { order } = this.#timers
    let found: Lane | undefined
    for (const lane of this.#lanes) {
      if (lane.at < at || (lane.at === at && lane.length > 0 && lane.order < order)) {
        at = lane.at
        order = lane.order
        found = lane
      }
    }
    return found
  }

  #takeTimer(): void {
    const { at, kind, whom } = this.#timers
    this.#timers.remove()
    this.#handlers[kind]?.(whom, at)
  }
}
