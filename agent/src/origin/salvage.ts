// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { StallClock, type Standing } from './stall-clock.ts'

const LOOK_MS = 100
/** Time for a peer to be reached, to greet and to say what it has. */
const FIRST_MS = 4000
/** Once something has come: for so long nobody has had more of it. */
const NEXT_MS = 1000
/** A peer that says it has something and sends nothing is not waited for. */
const SILENT_MS = 15_000

/**
 * Waits until peers have given what they have of a file that another seeder had begun to read.
 * Returns early, without an error, when the signal aborts.
 */
export async function salvage(look: () => Omit<Standing, 'now'>, signal: AbortSignal): Promise<void> {
  const start = performance.now()
  const nobody = new StallClock(start)
  const nothing = new StallClock(start)
  while (!signal.aborted) {
    const { bytesHeld, usefulPeers } = look()
    const now = performance.now()
    const idleMs = nobody.look({ bytesHeld, usefulPeers, now })
    const silentMs = nothing.look({ bytesHeld, usefulPeers: 0, now })
    if (idleMs >= (bytesHeld > 0 ? NEXT_MS : FIRST_MS) || silentMs >= SILENT_MS) return
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}
