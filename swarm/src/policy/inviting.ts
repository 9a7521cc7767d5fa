// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hasBit } from './bits.ts'
import type { Neighbour, PolicyState, Turn } from './state.ts'
import { usualMs } from './state.ts'
import type { PassReason } from './types.ts'

/** Rules 5 and 7: a holder with a free upload slot invites a neighbour that lacks something it has. */

export function fillSlots(turn: Turn): void {
  const { state } = turn
  if (state.dealing || state.held === 0) {
    return
  }
  let free = state.parameters.uploads - slotsTaken(state)
  while (free > 0) {
    const guest = chooseGuest(turn)
    if (guest === undefined) {
      return
    }
    if (guest.invited === 0) {
      guest.invitedSince = turn.now
    }
    guest.invited += 1
    free -= 1
    turn.actions.push({ type: 'invite', peer: guest.key })
  }
}

/** Accepted or offered; those to a stalled neighbour do not count, so one more is invited beside them. */
function slotsTaken(state: PolicyState): number {
  let taken = 0
  for (const neighbour of state.neighbours.values()) {
    if (!neighbour.stalled) {
      taken += neighbour.sending.size + neighbour.invited
    }
  }
  return taken
}

/** At random among those that lack a chunk of ours beyond what they are offered already. */
function chooseGuest(turn: Turn): Neighbour | undefined {
  let chosen: Neighbour | undefined
  let seen = 0
  for (const neighbour of turn.state.neighbours.values()) {
    if (mayInvite(neighbour)) {
      seen += 1
      if (turn.random() * seen < 1) {
        chosen = neighbour
      }
    }
  }
  return chosen
}

const mayInvite = (neighbour: Neighbour): boolean =>
  !(neighbour.full || neighbour.nothing || neighbour.stalled) &&
  neighbour.lacks > neighbour.sending.size + neighbour.invited

export function takePass(neighbour: Neighbour, reason: PassReason): void {
  answerInvitation(neighbour)
  if (reason === 'full') {
    neighbour.full = true
  } else {
    neighbour.nothing = true
  }
}

function answerInvitation(neighbour: Neighbour): void {
  neighbour.invited = Math.max(0, neighbour.invited - 1)
}

/** A REQUEST came, invited or not. */
export function takeRequest(turn: Turn, neighbour: Neighbour, chunk: number): void {
  const { state, actions } = turn
  const invited = neighbour.invited > 0
  answerInvitation(neighbour)
  if (neighbour.sending.has(chunk)) {
    return
  }
  if (
    state.dealing ||
    (!invited && slotsTaken(state) >= state.parameters.uploads + state.parameters.uninvited)
  ) {
    actions.push({ type: 'busy', peer: neighbour.key, chunk, retryMs: Math.ceil(usualMs(state)) })
    return
  }
  if (!hasBit(state.mine, chunk)) {
    actions.push({ type: 'notFound', peer: neighbour.key, chunk })
    return
  }
  neighbour.sending.set(chunk, 'asked')
  actions.push({ type: 'send', peer: neighbour.key, chunk })
}

/** A neighbour that does not answer holds no slot for ever; its next HAVE makes it welcome again. */
export function forgetOldInvitations(turn: Turn): void {
  for (const neighbour of turn.state.neighbours.values()) {
    if (neighbour.invited > 0 && turn.now >= invitationEnds(turn.state, neighbour)) {
      neighbour.invited = 0
      neighbour.full = true
    }
  }
}

export const invitationEnds = (state: PolicyState, neighbour: Neighbour): number =>
  neighbour.invitedSince + Math.max(state.parameters.offerMs, 4 * usualMs(state))
