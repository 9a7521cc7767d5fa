// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { clearBit } from './bits.ts'
import { columnOf, mineColumn } from './chunk-table.ts'
import { comesLast, isGivenUp } from './cut-off.ts'
import { createDeck, type Deck, nextUndealt, putBack, takeOut } from './deck.ts'
import type { Group } from './group.ts'
import type { Neighbour } from './neighbour.ts'
import { beginSending } from './slots.ts'
import { groupOf, has, isHeld, type PolicyState, type Turn } from './state.ts'

/** Rules 1 to 4: the seeder sends every chunk once, to whoever has passed on what it was dealt, before it sends any twice. */

const mostTokens = 64

export function takeTokens(turn: Turn, neighbour: Neighbour, count: number): void {
  if (neighbour.tokensHere === 0) {
    neighbour.tokensSince = turn.now
  }
  neighbour.tokensHere = Math.min(neighbour.tokensHere + count, mostTokens)
}

/** Somebody announced the chunk: no need to deal it to its group, and whoever it was dealt to has passed it on. */
export function noteAnnounced(state: PolicyState, chunk: number, by: Neighbour): void {
  const group = groupOf(state, by)
  const { deck } = group
  if (!state.dealing || deck === undefined || comesLast(group, by)) {
    return
  }
  takeOut(deck, chunk)
  const holder = deck.dealtTo.get(chunk)
  if (holder !== undefined && holder !== by) {
    deck.dealtTo.delete(chunk)
    holder.dealt -= 1
  }
}

/** A neighbour has gone, or might as well have: what it was dealt and nobody else announced must be dealt again. */
export function takeBackDealt(state: PolicyState, gone: Neighbour): void {
  const { deck } = groupOf(state, gone)
  for (const [chunk, holder] of deck?.dealtTo ?? []) {
    if (holder === gone) {
      deck?.dealtTo.delete(chunk)
      gone.dealt -= 1
      undeal(state, chunk)
    }
  }
}

/** What it was dealt it passes on to nobody. */
function takeBackFromCutOff({ state, now }: Turn): void {
  for (const neighbour of state.neighbours.values()) {
    if (neighbour.dealt > 0 && isGivenUp(groupOf(state, neighbour), neighbour, now)) {
      takeBackDealt(state, neighbour)
    }
  }
}

/** It is here no more. */
export function withdraw({ near, far }: PolicyState, chunk: number): void {
  for (const { deck } of [near, far]) {
    if (deck !== undefined) {
      takeOut(deck, chunk)
    }
  }
}

/** The last neighbour that announced it has gone, or it has only now been read. */
export function undeal(state: PolicyState, chunk: number): void {
  if (!state.dealing || !isHeld(state, chunk)) {
    return
  }
  for (const { deck } of [state.near, state.far]) {
    if (deck !== undefined && !deck.dealtTo.has(chunk) && !isAnnounced(state, deck, chunk)) {
      putBack(deck, chunk)
    }
  }
}

function isAnnounced(state: PolicyState, deck: Deck, chunk: number): boolean {
  for (const neighbour of state.neighbours.values()) {
    const group = groupOf(state, neighbour)
    if (group.deck === deck && has(state, neighbour, chunk) && !comesLast(group, neighbour)) {
      return true
    }
  }
  return false
}

/** The first neighbour in another site: the rest of the world is to get every chunk once, too. */
export function openFarDeck(state: PolicyState): void {
  if (!state.dealing || state.far.deck !== undefined) {
    return
  }
  const undealt = columnOf(state.table, mineColumn)
  for (const copy of state.copies) {
    clearBit(undealt, copy)
  }
  state.far.deck = createDeck(undealt, state.held - state.copies.size)
}

/** Deals while fewer than c chunks are under way to neighbours that take them; ends dealing when all went out. */
export function deal(turn: Turn): void {
  const { state } = turn
  if (!state.dealing) {
    return
  }
  dealAround(turn)
  if (groupsToDealTo(state).every(isEmpty)) {
    takeBackFromCutOff(turn)
    dealAround(turn)
  }
  if (state.neighbours.size > 0 && state.unborn.size === 0 && groupsToDealTo(state).every(isDealt)) {
    state.dealing = false
    turn.actions.push({ type: 'haveAll' })
  }
}

/** Where chunks stay in their site, other sites get none. */
const groupsToDealTo = ({ near, far, sites }: PolicyState): Group[] => (sites.apart ? [near] : [near, far])

function dealAround(turn: Turn): void {
  const { state } = turn
  const { near, parameters } = state
  for (const group of groupsToDealTo(state)) {
    dealGroup(turn, group, group === near ? parameters.deals : parameters.dealsAcross)
  }
}

const isEmpty = ({ members, deck }: Group): boolean => members === 0 || (deck?.undealtCount ?? 0) === 0

const isDealt = (group: Group): boolean => group.members === 0 || (isEmpty(group) && group.taken === 0)

function dealGroup(turn: Turn, group: Group, deals: number): void {
  const { deck } = group
  while (deck !== undefined && deck.undealtCount > 0 && group.taken < deals) {
    const to = nextHolder(turn.state, group)
    if (to === undefined) {
      return
    }
    dealTo(turn, deck, to)
  }
}

function dealTo(turn: Turn, deck: Deck, to: Neighbour): void {
  const chunk = nextUndealt(deck, turn.state.chunks)
  takeOut(deck, chunk)
  deck.dealtTo.set(chunk, to)
  to.dealt += 1
  beginSending(turn, to, chunk)
  to.tokensHere -= 1
  to.tokensSince = turn.now
  turn.actions.push({ type: 'send', peer: to.key, chunk })
}

/**
 * The token holder with the fewest dealt chunks that nobody else has announced; the longest waiting of these. One that is cut
 * off only while nothing is under way to anybody: the others would wait for ever for tokens of theirs that were lost.
 */
function nextHolder(state: PolicyState, group: Group): Neighbour | undefined {
  let best: Neighbour | undefined
  let last: Neighbour | undefined
  for (const neighbour of state.neighbours.values()) {
    if (neighbour.tokensHere === 0 || neighbour.stalled || groupOf(state, neighbour) !== group) {
      continue
    }
    if (comesLast(group, neighbour)) {
      last ??= neighbour
    } else if (best === undefined || before(neighbour, best)) {
      best = neighbour
    }
  }
  return best ?? (group.taken === 0 ? last : undefined)
}

const before = (a: Neighbour, b: Neighbour): boolean =>
  a.dealt < b.dealt || (a.dealt === b.dealt && a.tokensSince < b.tokensSince)
