// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isSiteDealing } from './sites.ts'
import { addInvitation, beginSending, endInvitation, review, setFull } from './slots.ts'
import { type Group, isHeld, type Neighbour, type PolicyState, type Turn, usualMs } from './state.ts'
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
    const guest = leastServed(group.guests, turn.random)
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
function leastServed(guests: readonly Neighbour[], random: () => number): Neighbour {
  let chosen = guests[0] as Neighbour
  let alike = 0
  for (const guest of guests) {
    if (guest.occupied < chosen.occupied) {
      alike = 0
    }
    if (guest.occupied <= chosen.occupied) {
      alike += 1
      chosen = random() * alike < 1 ? guest : chosen
    }
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
  if (state.dealing || !(invited || takesUninvited(state, neighbour))) {
    actions.push({
      type: 'busy',
      peer: neighbour.key,
      chunk,
      retryMs: Math.ceil(usualMs(state, neighbour.across)),
    })
    return
  }
  if (chunk >= state.chunks || !isHeld(state, chunk)) {
    actions.push({ type: 'notFound', peer: neighbour.key, chunk })
    return
  }
  beginSending(state, neighbour, chunk)
  actions.push({ type: 'send', peer: neighbour.key, chunk })
}

/** Some more at home; across the one slot there is, and not while a seeder of the own site needs the line. */
function takesUninvited(state: PolicyState, neighbour: Neighbour): boolean {
  const { uploads, uploadsAcross, uninvited } = state.parameters
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
