// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { forEachBit } from './bits.ts'
import { answeredColumn, cell, mineColumn, seatColumn } from './chunk-table.ts'
import type { Mate } from './mate.ts'
import type { Neighbour } from './neighbour.ts'
import { hashOf, weight } from './rendezvous.ts'
import { type PolicyState, type Turn, usualMs } from './state.ts'
import type { PeerKey } from './types.ts'

/** Those of the own site that are elected to ask other sites, and whether they do. */

export function addMate({ state: { sites }, now }: Turn, key: PeerKey): void {
  if (!sites.mates.has(key)) {
    sites.mates.set(key, { key, hash: hashOf(key), waitingSince: now, silent: false })
    sites.changed = true
  }
}

export function removeMate({ sites }: PolicyState, key: PeerKey): void {
  if (sites.mates.delete(key)) {
    sites.changed = true
  }
}

/** A neighbour has these chunks of the row, which was not known. */
export function noteWhere(turn: Turn, neighbour: Neighbour, row: number, fresh: number): void {
  if (neighbour.across) {
    noteWaiting(turn, row, fresh)
  } else {
    noteNear(turn, neighbour, row, fresh)
  }
}

function noteWaiting({ state, now }: Turn, row: number, fresh: number): void {
  if (state.sites.mates.size === 0) {
    return
  }
  forEachBit(fresh & ~cell(state.table, row, mineColumn), (bit) => {
    const mate = mateFor(state, row * 32 + bit)
    if (mate !== undefined) {
      mate.waitingSince ??= now
    }
  })
}

/** It need not come from another site any more; and whoever answers for it has not been idle. */
function noteNear({ state, now }: Turn, { key }: Neighbour, row: number, fresh: number): void {
  const { sites, table } = state
  const at = row * table.width + answeredColumn
  table.cells[at] = (table.cells[at] ?? 0) & ~fresh
  const mate = sites.mates.get(key)
  if (mate === undefined || !hasPart(state, mate, row, fresh)) {
    return
  }
  if (mate.silent || mate.waitingSince !== undefined) {
    mate.waitingSince = now
  }
  sites.changed ||= mate.silent
  mate.silent = false
}

/** Who answers for the chunk while nobody is silent; undefined when it is this node. */
function mateFor({ sites }: PolicyState, chunk: number): Mate | undefined {
  let best = sites.answers ? weight(sites.own, chunk) : -1
  let found: Mate | undefined
  for (const mate of sites.mates.values()) {
    const its = weight(mate.hash, chunk)
    if (its > best) {
      best = its
      found = mate
    }
  }
  return found
}

function hasPart(state: PolicyState, mate: Mate, row: number, bits: number): boolean {
  let found = false
  forEachBit(bits, (bit) => {
    found ||= mateFor(state, row * 32 + bit) === mate
  })
  return found
}

/** As long as a request from another site may take before it is made elsewhere too. */
const patienceMs = (state: PolicyState): number =>
  Math.max(state.parameters.silenceMs, state.parameters.hedgeFactor * usualMs(state, true))

/** Mates that keep the site waiting are passed over from now on. */
export function passOverSilent({ state, now }: Turn): void {
  for (const mate of state.sites.mates.values()) {
    if (!mate.silent && mate.waitingSince !== undefined && now - mate.waitingSince >= patienceMs(state)) {
      mate.waitingSince = undefined
      mate.silent = isOwing(state, mate)
      state.sites.changed ||= mate.silent
    }
  }
}

/** Something of its part is in another site and nowhere near. */
function isOwing(state: PolicyState, mate: Mate): boolean {
  const near = heldBy(state, false)
  return heldBy(state, true).some((bits, row) => {
    const lacking = bits & ~(near[row] ?? 0) & ~cell(state.table, row, mineColumn)
    return hasPart(state, mate, row, lacking)
  })
}

/** What all neighbours in other sites have together, or all near ones. */
export function heldBy(state: PolicyState, across: boolean): Uint32Array {
  const all = new Uint32Array(state.table.rows)
  for (const neighbour of state.neighbours.values()) {
    if (neighbour.across === across) {
      const column = seatColumn(state.table, neighbour.seat)
      for (let row = 0; row < all.length; row++) {
        all[row] = (all[row] ?? 0) | cell(state.table, row, column)
      }
    }
  }
  return all
}
