// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { bitsFromBytes, clearBit, hasBit } from './bits.ts'
import {
  type ChunkTable,
  createChunkTable,
  isSet,
  mark,
  markNeeded,
  mineColumn,
  seatColumn,
} from './chunk-table.ts'
import { createDeck, type Deck } from './deck.ts'
import type { Mate } from './mates.ts'
import { defaultParameters, type Parameters } from './parameters.ts'
import { hashOf } from './rendezvous.ts'
import { createGap, createUsualTime, type Gap, type UsualTime } from './timing.ts'
import type { Action, PeerKey, Place } from './types.ts'

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
  /** Since it was judged last: chunks that have left to it, and how many it had. */
  judged: { sent: number; had: number }
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

/** One chunk under way to this node. */
export interface Flight {
  readonly chunk: number
  from: PeerKey
  /** From another site. */
  across: boolean
  since: number
  begun: boolean
  readonly dealt: boolean
  /** Where it was asked for as well, when the first was late. */
  second: PeerKey | undefined
  /** Not looked at again before. */
  checkAt: number
  /** It is here, and a limit holds it back: no longer late, and in nobody else's hands. */
  heldBack: boolean
}

/** The uploads to one group of neighbours: those of the own site, or of the others. */
export interface Group {
  /** How many neighbours it has. */
  members: number
  /** Uploads accepted, dealt or offered, but for those to stalled neighbours. */
  taken: number
  /** Neighbours that may be invited, in no order. */
  readonly guests: Neighbour[]
  /** Neighbours that lack something of this node's, get chunks from others too and are under no suspicion. */
  wanting: number
  /** What is still to be dealt to them; undefined at a node that does not deal, or has none of them. */
  deck: Deck | undefined
}

/** What this node knows of its site. */
export interface Sites {
  /** Undefined where there are no sites: everybody is near. */
  site: string | undefined
  /** The hash of this node's own key. */
  own: number
  answers: boolean
  /** Chunks stay in their site, but for what this node answers for. */
  apart: boolean
  /** Who is where, as this node was told last. */
  places: ReadonlyMap<PeerKey, Place>
  /** Others of this site that answer. */
  readonly mates: Map<PeerKey, Mate>
  /** Members or what they hold have gone, or members came, since it was settled who asks for what. */
  changed: boolean
  /** The usual time of a request from another site. */
  readonly usual: UsualTime
  /** Neighbours that dealt when they came. */
  readonly dealers: Set<Neighbour>
}

/** All that the policy knows of one swarm: plain data, changed by `step` alone. */
export interface PolicyState {
  readonly base: Parameters
  parameters: Parameters
  readonly chunks: number
  readonly table: ChunkTable
  held: number
  readonly neighbours: Map<PeerKey, Neighbour>
  /** The same by their seats. */
  readonly seats: (Neighbour | undefined)[]
  /** How many of them have something that this node does not hold. */
  offering: number
  readonly inFlight: Map<number, Flight>
  /** Received, not yet known good. */
  readonly verifying: Set<number>
  /** Of those, the ones that this node copies from its own disk. While there are any, nothing is dealt to it. */
  readonly copying: Set<number>
  /** Chunks that nobody can have from here yet: the seeder has not read them, or a receiver does not know their digests. */
  readonly unborn: Set<number>
  /** Chunks whose bytes stand at an earlier index too. */
  readonly copies: ReadonlySet<number>
  /** This node deals: nothing announced yet, tokens are served, requests are not. */
  dealing: boolean
  readonly near: Group
  readonly far: Group
  readonly sites: Sites
  /** Neighbours that passed with their hands full and have said nothing since. */
  refusing: number
  /** Chunks that have not left, to all neighbours. */
  sending: number
  /** Neighbours with an invitation that they have not answered. */
  readonly inviting: Set<Neighbour>
  readonly usual: UsualTime
  readonly gapDown: Gap
  readonly gapUp: Gap
  /** Last time something came or was offered: hunger counts from here. */
  lastFed: number
}

export interface PolicyInit {
  readonly chunks: number
  /** Chunks held at the start, least significant bit first. */
  readonly bitmap: Uint8Array
  /** True for a seeder that holds everything, or will when the origin has given the rest: it deals before it announces. */
  readonly dealer: boolean
  /** Chunks whose bytes stand at an earlier index too: that one is dealt and asked for, these come with it. */
  readonly copies?: readonly number[]
  /** Chunks whose bytes lie elsewhere on this node: not asked for unless they are `refused`. */
  readonly copying?: readonly number[]
  /** Chunks that are not held and not known of yet, while the seeder reads the origin. */
  readonly unborn?: readonly number[]
  /** Where this node is, and by what its neighbours know it: with it the rules for sites hold. `answers`: it is elected to ask others. */
  readonly site?: { readonly name: string; readonly self: PeerKey; readonly answers: boolean } | undefined
  readonly now: number
  readonly parameters?: Partial<Parameters>
}

export function createPolicy(init: PolicyInit): PolicyState {
  const parameters = { ...defaultParameters, ...init.parameters }
  const table = createChunkTable(init.chunks)
  const copies = new Set(init.copies)
  const copying = new Set(init.copying)
  const unborn = new Set(init.unborn)
  const mine = bitsFromBytes(init.bitmap, init.chunks)
  let held = 0
  for (let chunk = 0; chunk < init.chunks; chunk++) {
    if (hasBit(mine, chunk)) {
      mark(table, mineColumn, chunk)
      held += 1
    } else if (!(copies.has(chunk) || copying.has(chunk) || unborn.has(chunk))) {
      markNeeded(table, chunk)
    }
  }
  const dealing = init.dealer && held + unborn.size === init.chunks && init.chunks > 0
  for (const copy of copies) {
    clearBit(mine, copy)
  }
  const { site } = init
  return {
    base: parameters,
    parameters,
    chunks: init.chunks,
    table,
    held,
    neighbours: new Map(),
    seats: [],
    offering: 0,
    inFlight: new Map(),
    verifying: new Set(copying),
    copying,
    unborn,
    copies,
    dealing,
    near: createGroup(dealing ? createDeck(mine, held - copies.size) : undefined),
    far: createGroup(undefined),
    sites: {
      site: site?.name,
      own: site === undefined ? 0 : hashOf(site.self),
      answers: site?.answers ?? false,
      apart: false,
      places: new Map(),
      mates: new Map(),
      changed: true,
      usual: createUsualTime(),
      dealers: new Set(),
    },
    refusing: 0,
    sending: 0,
    inviting: new Set(),
    usual: createUsualTime(),
    gapDown: createGap(),
    gapUp: createGap(),
    lastFed: init.now,
  }
}

const createGroup = (deck: Deck | undefined): Group => ({
  members: 0,
  taken: 0,
  guests: [],
  wanting: 0,
  deck,
})

export const groupOf = (state: PolicyState, neighbour: Neighbour): Group =>
  neighbour.across ? state.far : state.near

/** Whether this node has the chunk, as far as the policy was told. */
export const isHeld = (state: PolicyState, chunk: number): boolean => isSet(state.table, mineColumn, chunk)

/** Whether the neighbour announced it. */
export const has = (state: PolicyState, neighbour: Neighbour, chunk: number): boolean =>
  isSet(state.table, seatColumn(state.table, neighbour.seat), chunk)

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
  judged: { sent: 0, had: 0 },
  fedByOthers: undefined,
  fedSince: 0,
  wants: false,
  busyUntil: 0,
})

/** What one event is handled with: chance and time come from outside, so that a run can be repeated exactly. */
export interface Turn {
  readonly state: PolicyState
  readonly now: number
  readonly random: () => number
  readonly actions: Action[]
}

/** The usual time of a request; one from another site takes its own. */
export const usualMs = (state: PolicyState, across = false): number =>
  (across ? state.sites.usual : state.usual).median ?? state.parameters.initialUsualMs
