// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Clock } from './clock.ts'

interface Timer {
  at: number
  callback: () => void
}

export interface ManualClock extends Clock {
  /** Moves time on and calls what is due, in the order of its time; promises that follow settle before it resolves. */
  advance(ms: number): Promise<void>
  readonly timers: number
}

/** A clock for tests, which stands still until it is moved. */
export function createManualClock(start = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  let elapsed = 0
  const timers = new Set<Timer>()
  const nextDue = (until: number) => {
    const due = [...timers].filter((timer) => timer.at <= until)
    return due.reduce<Timer | undefined>(
      (first, timer) => (first && first.at <= timer.at ? first : timer),
      undefined,
    )
  }
  return {
    now: () => elapsed,
    date: () => new Date(start + elapsed),
    after(ms, callback) {
      const timer = { at: elapsed + Math.max(0, ms), callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      const until = elapsed + ms
      // What was begun before plans its timers from now, not from then.
      await settle()
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        elapsed = Math.max(elapsed, timer.at)
        timers.delete(timer)
        timer.callback()
        await settle()
      }
      elapsed = until
      await settle()
    },
    get timers() {
      return timers.size
    },
  }
}

/** Lets chains of promises run out: a turn of the event loop comes after all microtasks. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
