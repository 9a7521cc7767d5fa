// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { clearBit, forEachBit, hasBit, setBit } from './bits.ts'
import { noteAnnounced, takeBackDealt, undeal } from './dealing.ts'
import { addHolder, removeHolder } from './rarity.ts'
import { giveUp, keepTokens } from './requesting.ts'
import { createNeighbour, type Neighbour, type Turn } from './state.ts'
import type { PeerKey } from './types.ts'

export function join(turn: Turn, key: PeerKey, bitmap: Uint8Array, dealing: boolean): void {
  const { state } = turn
  if (state.neighbours.has(key)) {
    part(turn, key)
  }
  const neighbour = createNeighbour(state, key, bitmap, dealing)
  state.neighbours.set(key, neighbour)
  forEachBit(neighbour.has, (chunk) => {
    addHolder(state.rarity, chunk)
    noteAnnounced(state, chunk, neighbour)
  })
  keepTokens(turn, neighbour)
}

export function part(turn: Turn, key: PeerKey): void {
  const { state } = turn
  const gone = state.neighbours.get(key)
  if (gone === undefined) {
    return
  }
  state.neighbours.delete(key)
  for (const chunk of [...state.inFlight.keys()]) {
    giveUp(state, chunk, gone)
  }
  forEachBit(gone.has, (chunk) => {
    removeHolder(state.rarity, chunk)
    undeal(state, chunk)
  })
  takeBackDealt(state, gone)
}

/** HAVE. A seeder that announces has dealt everything and is a holder from then on. */
export function noteHave(turn: Turn, neighbour: Neighbour, first: number, count: number): void {
  const { state } = turn
  neighbour.full = false
  neighbour.dealing = false
  const end = Math.min(first + count, state.chunks)
  for (let chunk = first; chunk < end; chunk++) {
    if (hasBit(neighbour.has, chunk)) {
      continue
    }
    setBit(neighbour.has, chunk)
    neighbour.hasCount += 1
    if (hasBit(state.mine, chunk)) {
      neighbour.lacks -= 1
    } else {
      neighbour.offers += 1
    }
    addHolder(state.rarity, chunk)
    noteAnnounced(state, chunk, neighbour)
  }
}

/** NOTFOUND: it has it no more. */
export function noteMissing(turn: Turn, neighbour: Neighbour, chunk: number): void {
  const { state } = turn
  giveUp(state, chunk, neighbour)
  if (chunk >= state.chunks || !hasBit(neighbour.has, chunk)) {
    return
  }
  clearBit(neighbour.has, chunk)
  neighbour.hasCount -= 1
  if (hasBit(state.mine, chunk)) {
    neighbour.lacks += 1
  } else {
    neighbour.offers -= 1
  }
  removeHolder(state.rarity, chunk)
  undeal(state, chunk)
}
