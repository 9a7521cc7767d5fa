// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  answeredColumn,
  firstOf,
  markNeeded,
  neededColumn,
  rarestOf,
  seatColumn,
  unmarkNeeded,
} from './chunk-table.ts'
import type { Neighbour } from './neighbour.ts'
import { mayAskAcross, shareAnswers } from './sites.ts'
import { type Flight, has, type PolicyState, type Turn, usualMs } from './state.ts'

/** Rules 1, 6 and 8, the receiver's side: keep tokens at the dealer, take the inviter's rarest, ask again when it is late. */

/** A dealer deals what nobody has announced: as long as chunks are copied here, it might deal those. */
export function keepTokens(turn: Turn, dealer: Neighbour): void {
  const { state } = turn
  if (state.copying.size > 0 || (state.sites.apart && dealer.across)) {
    return
  }
  const lacking = state.table.neededCount + state.unborn.size
  const missing = Math.min(state.parameters.tokens, lacking) - dealer.tokensThere
  if (dealer.dealing && missing > 0) {
    dealer.tokensThere += missing
    turn.actions.push({ type: 'token', peer: dealer.key, count: missing })
  }
}

/** The dealer has sent a chunk for it, or cannot read the one that it would have sent. */
export function spendToken(turn: Turn, dealer: Neighbour): void {
  if (dealer.dealing) {
    dealer.tokensThere = Math.max(0, dealer.tokensThere - 1)
    keepTokens(turn, dealer)
  }
}

/** The invitation is answered at once: with the rarest chunk of the inviter's, or with why not. */
export function takeInvitation(turn: Turn, inviter: Neighbour): void {
  const { state, actions } = turn
  state.lastFed = turn.now
  if (
    countInFlight(turn, inviter.across) >= mostInFlight(state, inviter) ||
    inviter.misses >= state.parameters.misses
  ) {
    actions.push({ type: 'pass', peer: inviter.key, reason: 'full' })
    return
  }
  const chunk = chunkOfferedBy(turn, inviter)
  if (chunk === -1) {
    actions.push({ type: 'pass', peer: inviter.key, reason: 'nothing' })
    return
  }
  request(turn, inviter, chunk)
}

/**
 * A seeder that has dealt everything has sent its copy of the file: what others bring is not asked of it, but for the last chunks, for
 * which its idle uplink is the nearest.
 */
function mostInFlight({ parameters, sites, table }: PolicyState, inviter: Neighbour): number {
  if (inviter.across) {
    return parameters.requestsAcross
  }
  return sites.dealers.has(inviter) && table.neededCount >= parameters.lastChunks
    ? Math.min(parameters.requests, parameters.requestsOfDealer)
    : parameters.requests
}

/**
 * The rarest, and now and then the first: with the rarest alone a few chunks near the beginning are left to the end, and
 * nobody can copy or hash the file while it comes.
 */
function chunkOfferedBy(turn: Turn, neighbour: Neighbour): number {
  const { state, random } = turn
  if (neighbour.offers === 0) {
    return -1
  }
  const column = seatColumn(state.table, neighbour.seat)
  if (neighbour.across) {
    shareAnswers(turn)
    return rarestOf(state.table, column, answeredColumn, random)
  }
  const { inOrder } = state.parameters
  return inOrder > 0 && random() < inOrder
    ? firstOf(state.table, column, neededColumn)
    : rarestOf(state.table, column, neededColumn, random)
}

function request(turn: Turn, from: Neighbour, chunk: number): void {
  const { state } = turn
  unmarkNeeded(state.table, chunk)
  state.inFlight.set(chunk, {
    chunk,
    from: from.key,
    across: from.across,
    since: turn.now,
    begun: false,
    dealt: false,
    second: undefined,
    checkAt: turn.now + hedgeMs(state, { across: from.across, begun: false }),
    heldBack: false,
  })
  turn.actions.push({ type: 'request', peer: from.key, chunk })
}

/** Dealt chunks and late ones do not count: neither says that this node's own link is full. */
function countInFlight(turn: Turn, across: boolean): number {
  const late = turn.now - turn.state.parameters.lateFactor * usualMs(turn.state, across)
  let count = 0
  for (const flight of turn.state.inFlight.values()) {
    if (flight.across === across && !flight.dealt && (flight.heldBack || flight.since > late)) {
      count += 1
    }
  }
  return count
}

/** How long a chunk may take to begin, or from there to be whole. */
export function hedgeMs(state: PolicyState, { across, begun }: { across: boolean; begun: boolean }): number {
  const { hedgeFloorMs, hedgeFactor, hedgeBegunFactor } = state.parameters
  return Math.max(hedgeFloorMs, (begun ? hedgeBegunFactor : hedgeFactor) * usualMs(state, across))
}

/** Rule 8: a late chunk is asked for at another holder too; one that has not begun is moved, not doubled. */
export function hedge(turn: Turn): void {
  for (const flight of turn.state.inFlight.values()) {
    if (turn.now >= flight.checkAt) {
      hedgeOne(turn, flight)
    }
  }
}

function hedgeOne(turn: Turn, flight: Flight): void {
  const { state, actions } = turn
  flight.checkAt = turn.now + hedgeMs(state, flight)
  const other = chooseHolder(turn, flight)
  if (other === undefined) {
    return
  }
  const late = state.neighbours.get(flight.second ?? flight.from)
  if (late !== undefined) {
    late.misses += 1
  }
  if (flight.second !== undefined) {
    actions.push({ type: 'cancel', peer: flight.second, chunk: flight.chunk })
    flight.second = other.key
  } else if (flight.begun) {
    flight.second = other.key
  } else {
    actions.push({ type: 'cancel', peer: flight.from, chunk: flight.chunk })
    flight.from = other.key
    flight.across = other.across
    flight.since = turn.now
  }
  actions.push({ type: 'request', peer: other.key, chunk: flight.chunk })
}

const chooseHolder = (turn: Turn, flight: Flight): Neighbour | undefined =>
  chooseHost(
    turn,
    (neighbour) =>
      neighbour.key !== flight.from &&
      neighbour.key !== flight.second &&
      has(turn.state, neighbour, flight.chunk) &&
      !(neighbour.across && !mayAskAcross(turn, flight.chunk)),
  )

/** At random; a neighbour that let requests lapse only when there is no other. */
function chooseHost(turn: Turn, eligible: (neighbour: Neighbour) => boolean): Neighbour | undefined {
  let chosen: Neighbour | undefined
  let weight = 0
  for (const neighbour of turn.state.neighbours.values()) {
    if (neighbour.busyUntil > turn.now || !eligible(neighbour)) {
      continue
    }
    const own = neighbour.misses < turn.state.parameters.misses ? 1 : 1e-6
    weight += own
    if (turn.random() * weight < own) {
      chosen = neighbour
    }
  }
  return chosen
}

/** When this node, with nothing under way, may ask unasked. */
export function hungryAt(state: PolicyState): number {
  if (state.inFlight.size > 0 || state.table.neededCount === 0 || state.offering === 0) {
    return Number.POSITIVE_INFINITY
  }
  return state.lastFed + Math.max(state.parameters.starvedMs, 4 * (state.gapDown.ms ?? 25))
}

export function askWhenHungry(turn: Turn): void {
  const { state } = turn
  if (turn.now < hungryAt(state)) {
    return
  }
  state.lastFed = turn.now
  askUnasked(turn)
}

/** Neighbours that were told PASS nothing may have something that this node needs from now on, and do not know it. */
export function askForMore(turn: Turn): void {
  const { inFlight, parameters, table } = turn.state
  while (table.neededCount > 0 && inFlight.size < parameters.uninvited && askUnasked(turn)) {
    // One more is under way.
  }
}

/** @returns whether there was anything to ask for */
function askUnasked(turn: Turn): boolean {
  const tried = new Set<Neighbour>()
  for (;;) {
    const from = chooseHost(turn, (neighbour) => neighbour.offers > 0 && !tried.has(neighbour))
    if (from === undefined) {
      return false
    }
    const chunk = chunkOfferedBy(turn, from)
    if (chunk !== -1) {
      request(turn, from, chunk)
      return true
    }
    tried.add(from)
  }
}

/** The peer will not send it (BUSY, NOTFOUND, gone): asked for elsewhere, or needed again. */
export function giveUp(state: PolicyState, chunk: number, from: Neighbour): void {
  const flight = state.inFlight.get(chunk)
  if (flight === undefined) {
    return
  }
  if (flight.second === from.key) {
    flight.second = undefined
  } else if (flight.from === from.key && flight.second !== undefined) {
    flight.from = flight.second
    flight.second = undefined
    flight.begun = false
  } else if (flight.from === from.key) {
    state.inFlight.delete(chunk)
    markNeeded(state.table, chunk)
  }
}
