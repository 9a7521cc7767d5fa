// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mark, markNeeded, mineColumn, unmark, unmarkNeeded } from './chunk-table.ts'
import { withdraw } from './dealing.ts'
import { noteRead } from './growing.ts'
import type { Neighbour } from './neighbour.ts'
import { changeOffers } from './offers.ts'
import { hedgeMs, keepTokens, spendToken } from './requesting.ts'
import { review } from './slots.ts'
import { type Flight, has, isHeld, type PolicyState, type Turn } from './state.ts'
import { addGap, addSample, startGap } from './timing.ts'

/** What becomes of a chunk that comes in: under way, received, then stored or refused. */

export function noteArriving(turn: Turn, from: Neighbour, chunk: number): void {
  const { state } = turn
  state.lastFed = turn.now
  const flight = state.inFlight.get(chunk)
  if (flight !== undefined) {
    if (flight.from === from.key && !flight.begun) {
      flight.begun = true
      flight.checkAt = turn.now + hedgeMs(state, flight)
    }
    return
  }
  if (!isHeld(state, chunk) && !state.verifying.has(chunk)) {
    unmarkNeeded(state.table, chunk)
    const { key, across } = from
    const checkAt = turn.now + hedgeMs(state, { across, begun: true })
    const begun = { chunk, from: key, across, since: turn.now, begun: true, second: undefined, checkAt }
    state.inFlight.set(chunk, { ...begun, dealt: true, heldBack: false })
  }
}

/** What is asked for next waits for it, as for a chunk that comes over a slow link. */
export function noteHeldBack(turn: Turn, from: Neighbour, chunk: number): void {
  const flight = turn.state.inFlight.get(chunk)
  from.misses = 0
  if (flight === undefined || flight.heldBack) {
    return
  }
  settle(turn, flight, from)
  flight.from = from.key
  flight.second = undefined
  flight.heldBack = true
  flight.checkAt = Number.POSITIVE_INFINITY
}

export function noteReceived(turn: Turn, from: Neighbour, chunk: number): void {
  const { state } = turn
  const flight = state.inFlight.get(chunk)
  if (state.inFlight.size > 1) addGap(state.gapDown, turn.now)
  else startGap(state.gapDown, turn.now)
  state.lastFed = turn.now
  from.misses = 0
  if (flight !== undefined) {
    state.inFlight.delete(chunk)
    if (!flight.heldBack) {
      settle(turn, flight, from)
    }
  }
  if (!isHeld(state, chunk)) {
    unmarkNeeded(state.table, chunk)
    state.verifying.add(chunk)
  }
  spendToken(turn, from)
}

/** Takes the time of the request and calls off whoever was asked for the same. */
function settle(turn: Turn, flight: Flight, from: Neighbour): void {
  if (!flight.dealt && flight.from === from.key) {
    addSample(flight.across ? turn.state.sites.usual : turn.state.usual, turn.now - flight.since)
  }
  for (const other of [flight.from, flight.second]) {
    if (other !== undefined && other !== from.key) {
      turn.actions.push({ type: 'cancel', peer: other, chunk: flight.chunk })
    }
  }
}

/** @returns whether anything was new */
export function noteStored(turn: Turn, chunks: readonly number[]): boolean {
  const { state } = turn
  const fresh = chunks.filter((chunk) => !isHeld(state, chunk))
  for (const chunk of fresh) {
    const flight = state.inFlight.get(chunk)
    if (flight !== undefined) {
      state.inFlight.delete(chunk)
      callOff(turn, flight)
    }
    state.verifying.delete(chunk)
    unmarkNeeded(state.table, chunk)
    mark(state.table, mineColumn, chunk)
    state.held += 1
    noteForNeighbours(state, chunk)
    noteRead(state, chunk)
  }
  if (fresh.length > 0) {
    turn.actions.push({ type: 'have', chunks: fresh })
  }
  endCopying(turn, chunks)
  return fresh.length > 0
}

function callOff(turn: Turn, flight: Flight): void {
  for (const peer of [flight.from, flight.second]) {
    if (peer !== undefined) {
      turn.actions.push({ type: 'cancel', peer, chunk: flight.chunk })
    }
  }
}

function noteForNeighbours(state: PolicyState, chunk: number): void {
  for (const neighbour of state.seats) {
    if (neighbour === undefined) {
      continue
    }
    neighbour.nothing = false
    if (has(state, neighbour, chunk)) {
      changeOffers(state, neighbour, -1)
    } else {
      neighbour.lacks += 1
    }
    review(state, neighbour)
  }
}

export function noteRefused(turn: Turn, chunk: number): void {
  if (turn.state.verifying.delete(chunk) && !turn.state.inFlight.has(chunk)) {
    markNeeded(turn.state.table, chunk)
  }
  endCopying(turn, [chunk])
}

/** With the last of them, after it is announced, dealers get their tokens. */
function endCopying(turn: Turn, chunks: readonly number[]): void {
  const { copying, neighbours } = turn.state
  const before = copying.size
  for (const chunk of chunks) {
    copying.delete(chunk)
  }
  if (before > 0 && copying.size === 0) {
    for (const neighbour of neighbours.values()) {
      keepTokens(turn, neighbour)
    }
  }
}

/** A chunk that was held is gone: needed again. Neighbours that still ask for it are told NOTFOUND. */
export function noteLost(turn: Turn, chunks: readonly number[]): void {
  const { state } = turn
  for (const chunk of chunks) {
    if (!isHeld(state, chunk)) {
      continue
    }
    unmark(state.table, mineColumn, chunk)
    state.held -= 1
    markNeeded(state.table, chunk)
    withdraw(state, chunk)
    for (const neighbour of state.neighbours.values()) {
      if (has(state, neighbour, chunk)) {
        changeOffers(state, neighbour, 1)
      } else {
        neighbour.lacks -= 1
      }
      review(state, neighbour)
    }
  }
}
