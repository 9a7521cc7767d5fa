// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Bits, bitsFromBytes, clearBit, hasBit } from './bits.ts'
import {
  type ChunkTable,
  createChunkTable,
  isSet,
  mark,
  markNeeded,
  mineColumn,
  seatColumn,
} from './chunk-table.ts'
import { createDeck } from './deck.ts'
import { createGroup, type Group } from './group.ts'
import type { Mate } from './mate.ts'
import type { Neighbour } from './neighbour.ts'
import { defaultParameters, forLinks, type Parameters } from './parameters.ts'
import { hashOf } from './rendezvous.ts'
import { createGap, createUsualTime, type Gap, type UsualTime } from './timing.ts'
import type { Action, PeerKey, Place } from './types.ts'

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
  /** The same for the links as they are known by now. */
  parameters: Parameters
  /** Of a word and its answer; 0 before there was one. */
  rttMs: number
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
  const isElsewhere = (chunk: number) => copies.has(chunk) || copying.has(chunk) || unborn.has(chunk)
  const held = markAll(table, mine, isElsewhere)
  const dealing = init.dealer && held + unborn.size === init.chunks && init.chunks > 0
  for (const copy of copies) {
    clearBit(mine, copy)
  }
  return {
    base: parameters,
    parameters: forLinks(parameters, {}),
    rttMs: 0,
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
    sites: createSites(init.site),
    refusing: 0,
    sending: 0,
    inviting: new Set(),
    usual: createUsualTime(),
    gapDown: createGap(),
    gapUp: createGap(),
    lastFed: init.now,
  }
}

/** Marks what is held, and of the rest what is to be asked for. @returns how many are held */
function markAll(table: ChunkTable, mine: Bits, isElsewhere: (chunk: number) => boolean): number {
  let held = 0
  for (let chunk = 0; chunk < table.chunks; chunk++) {
    if (hasBit(mine, chunk)) {
      mark(table, mineColumn, chunk)
      held += 1
    } else if (!isElsewhere(chunk)) {
      markNeeded(table, chunk)
    }
  }
  return held
}

const createSites = (site: PolicyInit['site']): Sites => ({
  site: site?.name,
  own: site === undefined ? 0 : hashOf(site.self),
  answers: site?.answers ?? false,
  apart: false,
  places: new Map(),
  mates: new Map(),
  changed: true,
  usual: createUsualTime(),
  dealers: new Set(),
})

export const groupOf = (state: PolicyState, neighbour: Neighbour): Group =>
  neighbour.across ? state.far : state.near

/** Whether this node has the chunk, as far as the policy was told. */
export const isHeld = (state: PolicyState, chunk: number): boolean => isSet(state.table, mineColumn, chunk)

/** Whether the neighbour announced it. */
export const has = (state: PolicyState, neighbour: Neighbour, chunk: number): boolean =>
  isSet(state.table, seatColumn(state.table, neighbour.seat), chunk)

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
