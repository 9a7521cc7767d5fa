// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { forEachBit } from './bits.ts'
import { forEachRow, seatColumn } from './chunk-table.ts'
import { noteAnnounced, openFarDeck, takeBackDealt } from './dealing.ts'
import { addMate, removeMate } from './mates.ts'
import type { Neighbour } from './neighbour.ts'
import { hashOf } from './rendezvous.ts'
import { isAcross } from './sites.ts'
import { review, vacateGroup } from './slots.ts'
import { groupOf, type PolicyState, type Turn } from './state.ts'
import type { PeerKey, Place, PolicyEvent } from './types.ts'

type Placed = Extract<PolicyEvent, { type: 'placed' }>

/** Who is where may change while chunks are under way: the operator has learnt it, or a label is another one. */

/** @returns whether anybody is somewhere else than was known */
export function notePlaces(turn: Turn, event: Placed): boolean {
  const { self, peers, apart = false } = event
  const { state } = turn
  const { sites } = state
  const before = sites.places
  if (!saysNews(state, event)) {
    return false
  }
  const moved = self?.site !== sites.site
  sites.places = peers
  sites.site = self?.site
  sites.own = self === undefined ? 0 : hashOf(self.peer)
  sites.answers = self?.answers ?? false
  sites.apart = apart
  sites.changed = true
  for (const neighbour of state.neighbours.values()) {
    const place = peers.get(neighbour.key)
    neighbour.site = place?.site ?? neighbour.site
    neighbour.answers = place?.answers ?? neighbour.answers
    move(state, neighbour)
  }
  for (const key of sites.mates.keys()) {
    if (!isMate(state, peers.get(key) ?? state.neighbours.get(key))) {
      removeMate(state, key)
    }
  }
  for (const [key, place] of peers) {
    // Whoever was named before and has gone is waited for no more.
    const isNew = moved || state.neighbours.has(key) || !isSame(before.get(key), place)
    if (isNew && isMate(state, place)) {
      addMate(turn, key)
    }
  }
  return true
}

/** Lists come whenever anything of them has changed, an address say. */
function saysNews({ sites }: PolicyState, { self, peers, apart = false }: Placed): boolean {
  return (
    apart !== sites.apart ||
    self?.site !== sites.site ||
    (self?.answers ?? false) !== sites.answers ||
    peers.size !== sites.places.size ||
    [...peers].some(([key, place]) => !isSame(sites.places.get(key), place))
  )
}

const isSame = (a: Place | undefined, b: Place): boolean => a?.site === b.site && a.answers === b.answers

/** Whether somebody of that place answers for a part of this node's site. */
function isMate({ sites }: PolicyState, place: Pick<Neighbour, 'site' | 'answers'> | undefined): boolean {
  return sites.site !== undefined && place?.site === sites.site && place.answers
}

/** A newcomer, or one whose site is known now, belongs to its group. */
export function settle(turn: Turn, neighbour: Neighbour): void {
  const { state } = turn
  groupOf(state, neighbour).members += 1
  state.sites.changed ||= !neighbour.across
  if (isMate(state, neighbour)) {
    addMate(turn, neighbour.key)
  }
  if (neighbour.across) {
    openFarDeck(state)
  }
}

function move(state: PolicyState, neighbour: Neighbour): void {
  const across = isAcross(state, neighbour.site)
  if (across === neighbour.across) {
    return
  }
  takeBackDealt(state, neighbour)
  vacateGroup(state, neighbour)
  neighbour.across = across
  const group = groupOf(state, neighbour)
  group.members += 1
  group.taken += neighbour.stalled ? 0 : neighbour.occupied
  if (across) {
    openFarDeck(state)
  }
  noteAllAnnounced(state, neighbour)
  noteWhence(state, neighbour.key, across)
  review(state, neighbour)
}

function noteAllAnnounced(state: PolicyState, neighbour: Neighbour): void {
  forEachRow(state.table, seatColumn(state.table, neighbour.seat), (row, bits) =>
    forEachBit(bits, (bit) => noteAnnounced(state, row * 32 + bit, neighbour)),
  )
}

function noteWhence({ inFlight }: PolicyState, from: PeerKey, across: boolean): void {
  for (const flight of inFlight.values()) {
    if (flight.from === from) {
      flight.across = across
    }
  }
}
