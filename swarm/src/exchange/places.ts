// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Place, PolicyEvent } from '../policy/index.ts'
import type { Candidate } from './connector.ts'
import type { Session } from './session.ts'

/** Who is where, as the policy takes it. */
export type Places = Extract<PolicyEvent, { type: 'placed' }>

/** What a list of peers says about places; it names its reader too, or there are no sites. */
export function placesIn(peers: readonly Candidate[], selfId: string): Places {
  const places = new Map(
    peers.flatMap(({ peerId, site, elected = false }) =>
      site === undefined ? [] : [[peerId, { site, answers: elected }] as const],
    ),
  )
  const own = places.get(selfId)
  places.delete(selfId)
  const apart = peers.some((peer) => peer.peerId === selfId && peer.apart === true)
  return { type: 'placed', self: own && { peer: selfId, ...own }, peers: places, apart }
}

/** One that no list names is where it was when its membership was signed, and answers for nothing. */
export const placeOf = ({ peers }: Places, { peerId, membership }: Session): Place =>
  peers.get(peerId) ?? { site: membership.site, answers: false }
