// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isEqual } from '../merge-patch.ts'
import { isOnlyProgress } from '../row-change.ts'
import { createPace } from './pace.ts'
import { createPeerHandOut } from './peer-hand-out.ts'
import { type PublicationOptions, publish, type Told } from './publication.ts'

/**
 * Tells clients what to hold and do, and whom to talk to, whenever what that follows from has changed. The tracker sends
 * only what differs from what a client has, so publishing too often is harmless. Peers are handed out at a pace of their
 * own: in a large cluster that takes longer, and work does not wait for it.
 */
export function runPublisher(options: PublicationOptions, signal: AbortSignal): void {
  const { tracker, caches, roster, readers, secrets, log } = options
  const told: Told = { revisions: new Map(), troubles: new Map() }
  const handOut = createPeerHandOut(tracker)
  const failed = (error: unknown): void =>
    log.error({ err: error }, 'desired state or peers could not be published')
  const handOutSoon = createPace({ run: handOut.run, failed }, signal)
  const soon = createPace(
    {
      async run(breathe) {
        handOut.take(await publish(options, told, breathe))
        handOutSoon()
      },
      failed,
    },
    signal,
  )
  const stops = [
    caches.profiles.onChange(soon),
    caches.artifacts.onChange(soon),
    caches.jobs.onChange(soon),
    caches.nodeDistributions.onChange((change) => isOnlyProgress(change) || soon()),
    caches.namespaces.onChange(soon),
    caches.nodes.onChange(({ object, old }) => {
      if (!isEqual(object.metadata.labels, old?.metadata.labels)) soon()
    }),
    secrets.onChange(soon),
    roster.onMembers(soon),
    roster.onCopies(soon),
    readers.onChange(soon),
  ]
  signal.addEventListener('abort', () => stops.forEach((stop) => void stop()), { once: true })
  soon()
}
