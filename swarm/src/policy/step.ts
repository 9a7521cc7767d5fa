// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { noteSent } from './cut-off.ts'
import { deal, takeTokens } from './dealing.ts'
import { noteBorn } from './growing.ts'
import { fillSlots, forgetOldInvitations, invitationEnds, takePass, takeRequest } from './inviting.ts'
import type { Neighbour } from './neighbour.ts'
import { join, noteHave, noteMissing, part } from './neighbours.ts'
import { forLinks } from './parameters.ts'
import { notePlaces } from './placing.ts'
import { noteArriving, noteHeldBack, noteLost, noteReceived, noteRefused, noteStored } from './receiving.ts'
import {
  askForMore,
  askWhenHungry,
  giveUp,
  hedge,
  hungryAt,
  keepTokens,
  spendToken,
  takeInvitation,
} from './requesting.ts'
import { clear, endSending, setStalled, suspect } from './slots.ts'
import type { PolicyState, Turn } from './state.ts'
import { addGap } from './timing.ts'
import type { Action, PeerKey, PolicyEvent } from './types.ts'

/** However long a peer says it is busy, it is asked again after this. */
const mostBusyMs = 10_000

type EventOf<T extends PolicyEvent['type']> = Extract<PolicyEvent, { type: T }>
type Handlers = { readonly [T in PolicyEvent['type']]: (turn: Turn, event: EventOf<T>) => void }

/** Events of a peer that has gone in the meantime mean nothing any more. */
const withPeer =
  <E extends { readonly peer: PeerKey }>(handle: (turn: Turn, neighbour: Neighbour, event: E) => void) =>
  (turn: Turn, event: E): void => {
    const neighbour = turn.state.neighbours.get(event.peer)
    if (neighbour !== undefined) {
      handle(turn, neighbour, event)
    }
  }

/** After anything that may have freed an upload or brought something to offer. */
function offer(turn: Turn): void {
  deal(turn)
  fillSlots(turn)
}

const handlers: Handlers = {
  joined: (turn, event) => {
    join(turn, event)
    offer(turn)
  },
  left: (turn, event) => {
    const isMate = turn.state.sites.mates.has(event.peer)
    part(turn, event.peer)
    offer(turn)
    if (isMate) {
      askForMore(turn)
    }
  },
  placed: (turn, event) => {
    const wereApart = turn.state.sites.apart
    if (notePlaces(turn, event)) {
      if (wereApart !== turn.state.sites.apart) {
        turn.state.sites.dealers.forEach((dealer) => void keepTokens(turn, dealer))
        deal(turn)
      }
      offer(turn)
      askForMore(turn)
    }
  },
  have: withPeer((turn, neighbour, event: EventOf<'have'>) => {
    noteHave(turn, neighbour, event.first, event.count)
    offer(turn)
  }),
  token: withPeer((turn, neighbour, event: EventOf<'token'>) => {
    takeTokens(turn, neighbour, event.count)
    deal(turn)
  }),
  invite: withPeer((turn, neighbour) => takeInvitation(turn, neighbour)),
  pass: withPeer((turn, neighbour, event: EventOf<'pass'>) => {
    takePass(turn, neighbour, event.reason)
    fillSlots(turn)
  }),
  request: withPeer((turn, neighbour, event: EventOf<'request'>) => {
    takeRequest(turn, neighbour, event.chunk)
    fillSlots(turn)
  }),
  cancel: withPeer((turn, neighbour, event: EventOf<'cancel'>) => {
    turn.actions.push({ type: 'drop', peer: neighbour.key, chunk: event.chunk })
  }),
  busy: withPeer((turn, neighbour, event: EventOf<'busy'>) => {
    neighbour.busyUntil = turn.now + Math.min(event.retryMs, mostBusyMs)
    giveUp(turn.state, event.chunk, neighbour)
  }),
  notFound: withPeer((turn, neighbour, event: EventOf<'notFound'>) => {
    noteMissing(turn, neighbour, event.chunk)
    spendToken(turn, neighbour)
  }),
  arriving: withPeer((turn, neighbour, event: EventOf<'arriving'>) =>
    noteArriving(turn, neighbour, event.chunk),
  ),
  heldBack: withPeer((turn, neighbour, event: EventOf<'heldBack'>) =>
    noteHeldBack(turn, neighbour, event.chunk),
  ),
  received: withPeer((turn, neighbour, event: EventOf<'received'>) =>
    noteReceived(turn, neighbour, event.chunk),
  ),
  stored: (turn, event) => {
    if (noteStored(turn, event.chunks)) {
      offer(turn)
    }
  },
  born: (turn, event) => {
    noteBorn(turn, event.chunks, event.copying)
    askForMore(turn)
  },
  refused: (turn, event) => noteRefused(turn, event.chunk),
  wrong: withPeer((turn, neighbour, event: EventOf<'wrong'>) => {
    noteMissing(turn, neighbour, event.chunk)
    suspect(turn.state, neighbour, turn.now)
  }),
  right: withPeer((turn, neighbour) => {
    clear(turn.state, neighbour)
    offer(turn)
  }),
  lost: (turn, event) => {
    noteLost(turn, event.chunks)
    deal(turn)
  },
  sent: withPeer((turn, neighbour, event: EventOf<'sent'>) => {
    noteSent(turn.state, neighbour, event.chunk, turn.now)
    endSending(turn.state, neighbour, event.chunk)
    setStalled(turn.state, neighbour, false)
    addGap(turn.state.gapUp, turn.now)
    followLinks(turn.state)
    offer(turn)
  }),
  stalled: withPeer((turn, neighbour) => {
    // Lines between sites are thin, and whoever is served over one looks stalled; only a dealer has the line for itself.
    setStalled(turn.state, neighbour, turn.state.dealing || !neighbour.across)
    offer(turn)
  }),
  flowing: withPeer((turn, neighbour) => {
    setStalled(turn.state, neighbour, false)
  }),
  latency: (turn, event) => {
    turn.state.rttMs = event.rttMs
    followLinks(turn.state)
    fillSlots(turn)
  },
  tick: (turn) => {
    forgetOldInvitations(turn)
    hedge(turn)
    askWhenHungry(turn)
    offer(turn)
  },
}

/** How many at once is right for what is known of the links by now. */
function followLinks(state: PolicyState): void {
  const { base, rttMs, gapUp, gapDown } = state
  state.parameters = forLinks(base, { rttMs, tauUpMs: gapUp.ms, tauDownMs: gapDown.ms })
}

/**
 * Takes one event into the state (which it changes) and says what to do about it. Nothing in here waits, reads a clock
 * or draws chance of its own: the same calls give the same answers.
 * @param now milliseconds of any clock that does not run backwards
 * @param random numbers in [0, 1)
 */
export function step(state: PolicyState, event: PolicyEvent, now: number, random: () => number): Action[] {
  const turn: Turn = { state, now, random, actions: [] }
  const handle = handlers[event.type] as (turn: Turn, event: PolicyEvent) => void
  handle(turn, event)
  return turn.actions
}

/** When the next `tick` is due, in the clock of `step`; Infinity when nothing waits for time to pass. */
export function wakeAt(state: PolicyState): number {
  let at = hungryAt(state)
  for (const flight of state.inFlight.values()) {
    at = Math.min(at, flight.checkAt)
  }
  for (const neighbour of state.inviting) {
    at = Math.min(at, invitationEnds(state, neighbour))
  }
  return at
}
