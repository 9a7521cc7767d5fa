// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import type { Caches } from '../caches.ts'
import { isEqual } from '../merge-patch.ts'
import type { Parts } from '../parts.ts'
import { membershipMs } from './membership.ts'
import { siteOf } from './sites.ts'

const lookEveryMs = 60_000

/** When the label of a whole site is another one, its clients come back over some time and not all at once. */
const movedAtOnce = 50
const movedEveryMs = 1000

/**
 * A membership comes with a connection, and connections last for days: each is closed well before its membership ends, and
 * soon after its node came into another site; the client connects again with a fresh token.
 */
export function renewMemberships({
  tracker,
  caches,
  now,
  term,
}: Pick<Parts, 'tracker' | 'caches' | 'now' | 'term'>): void {
  const renew = ({ peerId }: TrackerClientView): void =>
    tracker.refuse(peerId, 'Renewal', 'the membership is renewed with a new connection')
  let moving: NodeJS.Timeout | undefined
  const renewMoved = (): void => {
    moving = undefined
    const moved = tracker.clients().filter((client) => hasMoved(client, caches))
    moved.slice(0, movedAtOnce).forEach(renew)
    if (moved.length > movedAtOnce) moveSoon()
  }
  const moveSoon = (): void => {
    moving ??= setTimeout(renewMoved, movedEveryMs)
  }
  const timer = setInterval(() => {
    tracker
      .clients()
      .filter((client) => isDue(client, now()))
      .forEach(renew)
    // Some may have connected while their node was labelled.
    moveSoon()
  }, lookEveryMs)
  const stops = [
    caches.profiles.onChange(moveSoon),
    caches.nodes.onChange(({ object, old }) => {
      if (!isEqual(object.metadata.labels, old?.metadata.labels)) moveSoon()
    }),
  ]
  term.addEventListener(
    'abort',
    () => {
      clearInterval(timer)
      clearTimeout(moving)
      for (const stop of stops) stop()
    },
    { once: true },
  )
}

/** Whether the membership names another site than the one in which the client is now. */
export function hasMoved(
  { identity: { node, profile, site } }: Pick<TrackerClientView, 'identity'>,
  { nodes, profiles }: { nodes: Pick<Caches['nodes'], 'get'>; profiles: Pick<Caches['profiles'], 'get'> },
): boolean {
  const [where, of] = [nodes.get(node), profiles.get(profile)]
  return where !== undefined && of !== undefined && siteOf(of, where) !== site
}

/** Between half and three quarters of a membership's time, at a moment of each client's own: not all come at once. */
export function isDue({ peerId, connectedAt }: TrackerClientView, now: number): boolean {
  const share = createHash('sha256').update(peerId).digest().readUInt32BE(0) / 2 ** 32
  return now - connectedAt >= membershipMs * (0.5 + share / 4)
}
