// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setImmediate } from 'node:timers/promises'

/** Changes that come within this many milliseconds are worked off together; where the work takes long, more of them. */
const gatherMs = 50
/** The work takes at most one part in so many of a core. */
const share = 4
/** Reports, connections and the renewal of the lease wait no longer than this for it, in milliseconds. */
const sliceMs = 10

/** To be awaited between two pieces of long work: lets everybody else go first when it is time. Rejects when the work is to end. */
export type Breathe = () => Promise<void>

export interface PacedWork {
  run(breathe: Breathe): Promise<void>
  failed(error: unknown): void
}

/** @returns what asks for the work: it is done soon after, never twice at a time, and not after the signal. */
export function createPace({ run, failed }: PacedWork, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  let running = false
  let askedAgain = false
  let waitMs = gatherMs
  const work = async (): Promise<void> => {
    running = true
    const breath = createBreath(signal)
    try {
      await run(breath.take)
    } catch (error) {
      if (!signal.aborted) failed(error)
    }
    running = false
    waitMs = Math.max(gatherMs, share * breath.workedMs())
    if (askedAgain) soon()
  }
  const soon = (): void => {
    askedAgain = running
    if (running || signal.aborted) return
    timer ??= setTimeout(() => {
      timer = undefined
      void work()
    }, waitMs)
  }
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return soon
}

function createBreath(signal: AbortSignal) {
  let since = performance.now()
  let before = 0
  const workedMs = (): number => before + performance.now() - since
  return {
    workedMs,
    async take(): Promise<void> {
      if (performance.now() - since < sliceMs) return
      before = workedMs()
      await setImmediate()
      since = performance.now()
      signal.throwIfAborted()
    },
  }
}
