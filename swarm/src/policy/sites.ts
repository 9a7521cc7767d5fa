// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hasBit } from './bits.ts'
import { answeredColumn, isSet, mark, unmark } from './chunk-table.ts'
import { heldBy, passOverSilent } from './mates.ts'
import { weight } from './rendezvous.ts'
import type { PolicyState, Turn } from './state.ts'

/**
 * Lines between sites are thin, so that each chunk is to come into a site once. Of the members of a site those that are
 * elected answer for a part of the chunks each, and ask for no others outside; everybody gets them inside.
 */

export const isAcross = (state: PolicyState, site: string | undefined): boolean =>
  site !== undefined && state.sites.site !== undefined && site !== state.sites.site

/** Brings up to date which chunks this node asks other sites for: those that it answers for and nobody near has. */
export function shareAnswers(turn: Turn): void {
  const { state } = turn
  passOverSilent(turn)
  if (!state.sites.changed) {
    return
  }
  state.sites.changed = false
  const { own, mates } = state.sites
  const near = heldBy(state, false)
  const others = [...mates.values()].filter(({ silent }) => !silent)
  const answers = doesAnswer(state, others.length)
  for (let chunk = 0; chunk < state.chunks; chunk++) {
    const mine = weight(own, chunk)
    if (answers && !hasBit(near, chunk) && others.every(({ hash }) => weight(hash, chunk) < mine)) {
      mark(state.table, answeredColumn, chunk)
    } else {
      unmark(state.table, answeredColumn, chunk)
    }
  }
}

/** Elected, or alone in its site; or all that were elected are silent. Where chunks stay in their site nobody steps in. */
const doesAnswer = ({ sites, near }: PolicyState, speaking: number): boolean =>
  sites.answers || (!sites.apart && (near.members === 0 || (sites.mates.size > 0 && speaking === 0)))

/** Whether this node may ask another site for the chunk. */
export function mayAskAcross(turn: Turn, chunk: number): boolean {
  shareAnswers(turn)
  return isSet(turn.state.table, answeredColumn, chunk)
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
