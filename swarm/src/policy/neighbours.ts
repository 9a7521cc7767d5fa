// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { bitsFromBytes, countOnes, forEachBit, rangeIn } from './bits.ts'
import {
  addHolders,
  cell,
  clearSeat,
  forEachRow,
  mineColumn,
  removeHolders,
  seatColumn,
  unmark,
} from './chunk-table.ts'
import { noteGain } from './cut-off.ts'
import { noteAnnounced, takeBackDealt, undeal } from './dealing.ts'
import { noteWhere, removeMate } from './mates.ts'
import { createNeighbour, type Neighbour } from './neighbour.ts'
import { changeOffers } from './offers.ts'
import { settle } from './placing.ts'
import { giveUp, keepTokens } from './requesting.ts'
import { isAcross } from './sites.ts'
import { review, setFull, vacate } from './slots.ts'
import { isHeld, type Turn } from './state.ts'
import type { PeerKey, PolicyEvent } from './types.ts'

export function join(turn: Turn, event: Extract<PolicyEvent, { type: 'joined' }>): void {
  const { state } = turn
  const { peer: key, bitmap, dealing, site, answers = true } = event
  part(turn, key)
  const free = state.seats.indexOf(undefined)
  const seat = free === -1 ? state.seats.length : free
  const neighbour = createNeighbour({ key, seat, site, across: isAcross(state, site), answers, dealing })
  neighbour.lacks = state.held
  clearSeat(state.table, neighbour.seat)
  state.seats[neighbour.seat] = neighbour
  state.neighbours.set(key, neighbour)
  if (dealing) {
    state.sites.dealers.add(neighbour)
  }
  settle(turn, neighbour)
  bitsFromBytes(bitmap, state.chunks).forEach((bits, row) => {
    noteFresh(turn, neighbour, row, bits)
  })
  review(state, neighbour)
  keepTokens(turn, neighbour)
}

export function part(turn: Turn, key: PeerKey): void {
  const { state } = turn
  const gone = state.neighbours.get(key)
  if (gone === undefined) {
    return
  }
  state.neighbours.delete(key)
  state.seats[gone.seat] = undefined
  state.sites.changed ||= !gone.across
  removeMate(state, key)
  state.sites.dealers.delete(gone)
  for (const chunk of [...state.inFlight.keys()]) {
    giveUp(state, chunk, gone)
  }
  vacate(state, gone)
  changeOffers(state, gone, -gone.offers)
  const column = seatColumn(state.table, gone.seat)
  forEachRow(state.table, column, (row, bits) => removeHolders(state.table, row, bits))
  if (state.dealing) {
    takeBackDealt(state, gone)
    forEachRow(state.table, column, (row, bits) => forEachBit(bits, (bit) => undeal(state, row * 32 + bit)))
  }
}

/** HAVE. A seeder that announces has dealt everything and is a holder from then on. */
export function noteHave(turn: Turn, neighbour: Neighbour, first: number, count: number): void {
  const { state } = turn
  setFull(state, neighbour, false)
  neighbour.dealing = false
  const end = Math.min(first + count, state.chunks)
  for (let row = first >>> 5; row * 32 < end; row++) {
    const fresh = noteFresh(turn, neighbour, row, rangeIn(row, first, end))
    forEachBit(fresh, (bit) => noteGain(neighbour, row * 32 + bit, turn.now))
  }
  review(state, neighbour)
}

/** It has the chunks of `bits` in this row. @returns those that were not known of before */
function noteFresh(turn: Turn, neighbour: Neighbour, row: number, bits: number): number {
  const { state } = turn
  const { table } = state
  const column = seatColumn(table, neighbour.seat)
  const fresh = bits & ~cell(table, row, column)
  if (fresh === 0) {
    return fresh
  }
  const count = countOnes(fresh)
  const held = countOnes(fresh & cell(table, row, mineColumn))
  table.cells[row * table.width + column] = bits | cell(table, row, column)
  neighbour.hasCount += count
  neighbour.lacks -= held
  changeOffers(state, neighbour, count - held)
  addHolders(table, row, fresh)
  noteWhere(turn, neighbour, row, fresh)
  if (state.dealing) {
    forEachBit(fresh, (bit) => noteAnnounced(state, row * 32 + bit, neighbour))
  }
  return fresh
}

/** NOTFOUND: it has it no more. */
export function noteMissing(turn: Turn, neighbour: Neighbour, chunk: number): void {
  const { state } = turn
  giveUp(state, chunk, neighbour)
  const { table } = state
  if (chunk >= state.chunks || !unmark(table, seatColumn(table, neighbour.seat), chunk)) {
    return
  }
  neighbour.hasCount -= 1
  if (isHeld(state, chunk)) {
    neighbour.lacks += 1
  } else {
    changeOffers(state, neighbour, -1)
  }
  removeHolders(table, chunk >>> 5, 1 << (chunk & 31))
  state.sites.changed ||= !neighbour.across
  undeal(state, chunk)
  review(state, neighbour)
}
