// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { clearBit, hasBit, setBit } from './bits.ts'
import { beginSending } from './slots.ts'
import { has, type Neighbour, type PolicyState, type Turn } from './state.ts'

/** Rules 1 to 4: the seeder sends every chunk once, to whoever has passed on what it was dealt, before it sends any twice. */

const mostTokens = 64

export function takeTokens(turn: Turn, neighbour: Neighbour, count: number): void {
  if (neighbour.tokensHere === 0) {
    neighbour.tokensSince = turn.now
  }
  neighbour.tokensHere = Math.min(neighbour.tokensHere + count, mostTokens)
}

/** Somebody announced the chunk: no need to deal it, and whoever it was dealt to has passed it on. */
export function noteAnnounced(state: PolicyState, chunk: number, by: Neighbour): void {
  if (!state.dealing) {
    return
  }
  markDealt(state, chunk)
  const holder = state.dealtTo.get(chunk)
  if (holder !== undefined && holder !== by) {
    state.dealtTo.delete(chunk)
    holder.dealt -= 1
  }
}

/** A neighbour has gone: what it was dealt and nobody else announced must be dealt again. */
export function takeBackDealt(state: PolicyState, gone: Neighbour): void {
  for (const [chunk, holder] of state.dealtTo) {
    if (holder === gone) {
      state.dealtTo.delete(chunk)
      undeal(state, chunk)
    }
  }
}

/** The last neighbour that announced it has gone. */
export function undeal(state: PolicyState, chunk: number): void {
  const away = !state.dealing || hasBit(state.undealt, chunk) || state.dealtTo.has(chunk)
  if (away || isAnnounced(state, chunk)) {
    return
  }
  setBit(state.undealt, chunk)
  state.undealtCount += 1
}

/** Deals while fewer than c chunks are under way to neighbours that take them; ends dealing when all went out. */
export function deal(turn: Turn): void {
  const { state } = turn
  while (state.dealing && state.undealtCount > 0 && state.taken < state.parameters.deals) {
    const to = nextHolder(state)
    if (to === undefined) {
      return
    }
    dealTo(turn, to)
  }
  if (state.dealing && state.undealtCount + state.unborn.size === 0 && state.taken === 0) {
    state.dealing = false
    turn.actions.push({ type: 'haveAll' })
  }
}

function dealTo(turn: Turn, to: Neighbour): void {
  const chunk = nextUndealt(turn.state)
  markDealt(turn.state, chunk)
  turn.state.dealtTo.set(chunk, to)
  to.dealt += 1
  beginSending(turn.state, to, chunk)
  to.tokensHere -= 1
  to.tokensSince = turn.now
  turn.actions.push({ type: 'send', peer: to.key, chunk })
}

/** The token holder with the fewest dealt chunks that nobody else has announced; the longest waiting of these. */
function nextHolder(state: PolicyState): Neighbour | undefined {
  let best: Neighbour | undefined
  for (const neighbour of state.neighbours.values()) {
    if (neighbour.tokensHere > 0 && !neighbour.stalled && (best === undefined || before(neighbour, best))) {
      best = neighbour
    }
  }
  return best
}

const before = (a: Neighbour, b: Neighbour): boolean =>
  a.dealt < b.dealt || (a.dealt === b.dealt && a.tokensSince < b.tokensSince)

/** In file order: it is all one for the swarm, and kinder to the disk. */
function nextUndealt(state: PolicyState): number {
  while (!hasBit(state.undealt, state.undealtCursor)) {
    state.undealtCursor = (state.undealtCursor + 1) % state.chunks
  }
  return state.undealtCursor
}

function markDealt(state: PolicyState, chunk: number): void {
  if (hasBit(state.undealt, chunk)) {
    clearBit(state.undealt, chunk)
    state.undealtCount -= 1
  }
}

function isAnnounced(state: PolicyState, chunk: number): boolean {
  for (const neighbour of state.neighbours.values()) {
    if (has(state, neighbour, chunk)) {
      return true
    }
  }
  return false
}
