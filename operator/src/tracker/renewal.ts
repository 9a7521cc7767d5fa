// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import type { TrackerClientView, TrackerServer } from '@patchswarm/swarm/tracker'
import { membershipMs } from './authenticate.ts'

const lookEveryMs = 60_000

/**
 * A membership comes with a connection, and connections last for days: each is closed well before its membership ends,
 * and the client connects again with a fresh token.
 */
export function renewMemberships(tracker: TrackerServer, now: () => number, signal: AbortSignal): void {
  const timer = setInterval(() => {
    for (const client of tracker.clients()) {
      if (!isDue(client, now())) continue
      tracker.refuse(client.peerId, 'Renewal', 'the membership is renewed with a new connection')
    }
  }, lookEveryMs)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
}

/** Between half and three quarters of a membership's time, at a moment of each client's own: not all come at once. */
export function isDue({ peerId, connectedAt }: TrackerClientView, now: number): boolean {
  const share = createHash('sha256').update(peerId).digest().readUInt32BE(0) / 2 ** 32
  return now - connectedAt >= membershipMs * (0.5 + share / 4)
}
