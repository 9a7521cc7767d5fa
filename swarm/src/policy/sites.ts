// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { answeredColumn, mark, unmark } from './chunk-table.ts'
import type { PolicyState } from './state.ts'
import type { PeerKey } from './types.ts'

/**
 * Lines between sites are thin, so that each chunk is to come into a site once. Of the members of a site that have
 * neighbours elsewhere each answers for a part of the chunks and asks for no others outside; everybody gets them inside.
 */

/** FNV-1a, well mixed by `weight`. */
export function hashOf(key: PeerKey): number {
  let hash = 0x811c9dc5
  for (const letter of String(key)) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  }
  return hash >>> 0
}

/** Rendezvous: of all members the one with the greatest weight answers; when one goes, only what was its own moves. */
function weight(member: number, chunk: number): number {
  let mixed = member ^ Math.imul(chunk + 1, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Brings up to date, after members came or went, which chunks this node answers for. */
export function shareAnswers(state: PolicyState): void {
  if (!state.sites.changed) {
    return
  }
  state.sites.changed = false
  const { own, answers } = state.sites
  const others = [...state.neighbours.values()]
    .filter((one) => !one.across && one.answers)
    .map((one) => hashOf(one.key))
  for (let chunk = 0; chunk < state.chunks; chunk++) {
    const mine = weight(own, chunk)
    if (answers && others.every((other) => weight(other, chunk) < mine)) {
      mark(state.table, answeredColumn, chunk)
    } else {
      unmark(state.table, answeredColumn, chunk)
    }
  }
}

/** As long as a seeder of the own site deals, its uplink out of the site is its alone. */
export function isSiteDealing(state: PolicyState): boolean {
  for (const neighbour of state.sites.dealers) {
    if (neighbour.dealing && !neighbour.across) {
      return true
    }
  }
  return false
}
