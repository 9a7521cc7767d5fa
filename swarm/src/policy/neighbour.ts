// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerKey } from './types.ts'

/** What this node knows of one neighbour, and what the two owe each other. */
export interface Neighbour {
  readonly key: PeerKey
  /** Where the table of chunks has what it announced. */
  readonly seat: number
  /** Undefined when nobody knows. */
  site: string | undefined
  /** It is in another site. */
  across: boolean
  /** It answers in its site for a part of the chunks. */
  answers: boolean
  hasCount: number
  /** A seeder that still deals: it announces nothing and takes tokens. */
  dealing: boolean
  /** Chunks of this node that it lacks. */
  lacks: number
  /** Chunks of it that this node does not hold. */
  offers: number
  /** Tokens of this node at it (it deals). */
  tokensThere: number
  /** Its tokens here (this node deals), and since when. */
  tokensHere: number
  tokensSince: number
  /** So many chunks were dealt to it that nobody else has announced yet. */
  dealt: number
  /** Invitations to it without an answer, and since when. */
  invited: number
  invitedSince: number
  /** It passed: with `full` until its next HAVE, with `nothing` until this node has a new chunk. */
  full: boolean
  nothing: boolean
  /** Chunks accepted or dealt to it that have not left. */
  readonly sending: Set<number>
  /** Upload slots that it occupies: chunks accepted, dealt or offered. */
  occupied: number
  /** Its place among those that may be invited, -1 when it may not. */
  guestAt: number
  stalled: boolean
  /** The last chunk of it that was looked at is wrong. */
  suspect: boolean
  /** Nothing is sent to it before. */
  suspectUntil: number
  /** Chunks that have left to it, and that it has not announced yet. */
  readonly unannounced: Set<number>
  /** Since it was judged last: chunks that have left to it, and that it announced and has from others. */
  judged: { sent: number; fromOthers: number }
  /** It gets chunks from others as well; undefined before it was judged. */
  fedByOthers: boolean | undefined
  /** Since when that is so. */
  fedSince: number
  /** It is one of its group's `wanting`. */
  wants: boolean
  busyUntil: number
  /** Requests that lapsed there since it last sent something. */
  misses: number
}

/** What is known of a neighbour when it comes. */
export type Newcomer = Pick<Neighbour, 'key' | 'seat' | 'site' | 'across' | 'answers' | 'dealing'>

/** All fields by name, and what every message needs first: in a swarm of thousands this object is what memory is read for. */
export const createNeighbour = ({ key, seat, site, across, answers, dealing }: Newcomer): Neighbour => ({
  key,
  seat,
  across,
  full: false,
  nothing: false,
  stalled: false,
  lacks: 0,
  offers: 0,
  occupied: 0,
  guestAt: -1,
  invited: 0,
  misses: 0,
  site,
  dealing,
  answers,
  hasCount: 0,
  tokensThere: 0,
  tokensHere: 0,
  tokensSince: 0,
  dealt: 0,
  invitedSince: 0,
  sending: new Set(),
  suspect: false,
  suspectUntil: 0,
  unannounced: new Set(),
  judged: { sent: 0, fromOthers: 0 },
  fedByOthers: undefined,
  fedSince: 0,
  wants: false,
  busyUntil: 0,
})
