// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mustWait } from './cut-off.ts'
import type { Group } from './group.ts'
import type { Neighbour } from './neighbour.ts'
import { isSiteDealing } from './sites.ts'
import { addInvitation, beginSending, endInvitation, review, setFull } from './slots.ts'
import { groupOf, isHeld, type PolicyState, type Turn, usualMs } from './state.ts'
import type { PassReason } from './types.ts'

/** Rules 5 and 7: a holder with a free upload slot invites a neighbour that lacks something it has. */

export function fillSlots(turn: Turn): void {
  const { state } = turn
  if (state.dealing || state.held === 0) {
    return
  }
  invite(turn, state.near, state.parameters.uploads)
  if (state.far.guests.length > 0 && !isSiteDealing(state)) {
    invite(turn, state.far, state.parameters.uploadsAcross)
  }
}

function invite(turn: Turn, group: Group, uploads: number): void {
  while (group.taken < uploads && group.guests.length > 0) {
    const guest = leastServed(group, turn.random)
    if (guest === undefined) {
      return
    }
    if (guest.invited === 0) {
      guest.invitedSince = turn.now
    }
    addInvitation(turn.state, guest)
    turn.actions.push({ type: 'invite', peer: guest.key })
  }
}

/**
 * Whoever is sent and offered the least by this node, at random among these: a receiver whose link is full is slow to take what
 * it has been offered, so the others come first.
 */
function leastServed(group: Group, random: () => number): Neighbour | undefined {
  let chosen: Neighbour | undefined
  let alike = 0
  for (const guest of group.guests) {
    if (mustWait(group, guest) || (chosen !== undefined && guest.occupied > chosen.occupied)) {
      continue
    }
    alike = chosen?.occupied === guest.occupied ? alike + 1 : 1
    chosen = random() * alike < 1 ? guest : chosen
  }
  return chosen
}

export function takePass({ state }: Turn, neighbour: Neighbour, reason: PassReason): void {
  if (reason === 'full') {
    setFull(state, neighbour, true)
  } else {
    neighbour.nothing = true
  }
  endInvitation(state, neighbour)
  review(state, neighbour)
}

/** A REQUEST came, invited or not. */
export function takeRequest(turn: Turn, neighbour: Neighbour, chunk: number): void {
  const { state, actions } = turn
  const invited = endInvitation(state, neighbour)
  if (neighbour.sending.has(chunk)) {
    return
  }
  const waitMs = Math.max(0, neighbour.suspectUntil - turn.now)
  if (state.dealing || waitMs > 0 || !(invited || takesUninvited(state, neighbour))) {
    const retryMs = Math.ceil(waitMs || usualMs(state, neighbour.across))
    actions.push({ type: 'busy', peer: neighbour.key, chunk, retryMs })
    return
  }
  if (chunk >= state.chunks || !isHeld(state, chunk)) {
    actions.push({ type: 'notFound', peer: neighbour.key, chunk })
    return
  }
  beginSending(turn, neighbour, chunk)
  actions.push({ type: 'send', peer: neighbour.key, chunk })
}

/** Some more at home; across the one slot there is, and not while a seeder of the own site needs the line. */
function takesUninvited(state: PolicyState, neighbour: Neighbour): boolean {
  const { uploads, uploadsAcross, uninvited } = state.parameters
  if (mustWait(groupOf(state, neighbour), neighbour)) {
    return false
  }
  return neighbour.across
    ? state.far.taken < uploadsAcross && !isSiteDealing(state)
    : state.near.taken < uploads + uninvited
}

/** A neighbour that does not answer holds no slot for ever; its next HAVE makes it welcome again. */
export function forgetOldInvitations({ state, now }: Turn): void {
  for (const neighbour of state.inviting) {
    if (now >= invitationEnds(state, neighbour)) {
      setFull(state, neighbour, true)
      endInvitation(state, neighbour, neighbour.invited)
    }
  }
}

export const invitationEnds = (state: PolicyState, neighbour: Neighbour): number =>
  neighbour.invitedSince + Math.max(state.parameters.offerMs, 4 * usualMs(state, neighbour.across))
