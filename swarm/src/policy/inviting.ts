// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { addInvitation, beginSending, endInvitation, review } from './slots.ts'
import { isHeld, type Neighbour, type PolicyState, type Turn, usualMs } from './state.ts'
import type { PassReason } from './types.ts'

/** Rules 5 and 7: a holder with a free upload slot invites a neighbour that lacks something it has. */

export function fillSlots(turn: Turn): void {
  const { state } = turn
  if (state.dealing || state.held === 0) {
    return
  }
  while (state.taken < state.parameters.uploads && state.guests.length > 0) {
    const guest = state.guests[Math.floor(turn.random() * state.guests.length)] as Neighbour
    if (guest.invited === 0) {
      guest.invitedSince = turn.now
    }
    addInvitation(state, guest)
    turn.actions.push({ type: 'invite', peer: guest.key })
  }
}

export function takePass({ state }: Turn, neighbour: Neighbour, reason: PassReason): void {
  if (reason === 'full') {
    neighbour.full = true
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
  if (state.dealing || (!invited && state.taken >= state.parameters.uploads + state.parameters.uninvited)) {
    actions.push({ type: 'busy', peer: neighbour.key, chunk, retryMs: Math.ceil(usualMs(state)) })
    return
  }
  if (chunk >= state.chunks || !isHeld(state, chunk)) {
    actions.push({ type: 'notFound', peer: neighbour.key, chunk })
    return
  }
  beginSending(state, neighbour, chunk)
  actions.push({ type: 'send', peer: neighbour.key, chunk })
}

/** A neighbour that does not answer holds no slot for ever; its next HAVE makes it welcome again. */
export function forgetOldInvitations({ state, now }: Turn): void {
  for (const neighbour of state.inviting) {
    if (now >= invitationEnds(state, neighbour)) {
      neighbour.full = true
      endInvitation(state, neighbour, neighbour.invited)
    }
  }
}

export const invitationEnds = (state: PolicyState, neighbour: Neighbour): number =>
  neighbour.invitedSince + Math.max(state.parameters.offerMs, 4 * usualMs(state))
