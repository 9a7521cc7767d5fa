// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { countWanting } from './cut-off.ts'
import type { Neighbour } from './neighbour.ts'
import { groupOf, type PolicyState, type Turn } from './state.ts'
import { startGap } from './timing.ts'

/**
 * What is sent and offered is changed here alone, and counted as it changes: a node with thousands of neighbours cannot look at
 * all of them for every message.
 */

function occupy(state: PolicyState, neighbour: Neighbour, by: number): void {
  neighbour.occupied += by
  if (!neighbour.stalled) {
    groupOf(state, neighbour).taken += by
  }
  review(state, neighbour)
}

export function beginSending({ state, now }: Turn, neighbour: Neighbour, chunk: number): void {
  if (!neighbour.sending.has(chunk)) {
    neighbour.sending.add(chunk)
    if (state.sending === 0) startGap(state.gapUp, now)
    state.sending += 1
    occupy(state, neighbour, 1)
  }
}

export function endSending(state: PolicyState, neighbour: Neighbour, chunk: number): void {
  if (neighbour.sending.delete(chunk)) {
    state.sending -= 1
    occupy(state, neighbour, -1)
  }
}

export function addInvitation(state: PolicyState, neighbour: Neighbour): void {
  neighbour.invited += 1
  state.inviting.add(neighbour)
  occupy(state, neighbour, 1)
}

/** One invitation less, or all of them. @returns whether there was one */
export function endInvitation(state: PolicyState, neighbour: Neighbour, count = 1): boolean {
  const ended = Math.min(count, neighbour.invited)
  if (ended === 0) {
    return false
  }
  neighbour.invited -= ended
  if (neighbour.invited === 0) {
    state.inviting.delete(neighbour)
  }
  occupy(state, neighbour, -ended)
  return true
}

/** Uploads to a stalled neighbour do not count, so one more begins beside them. */
export function setStalled(state: PolicyState, neighbour: Neighbour, stalled: boolean): void {
  if (neighbour.stalled !== stalled) {
    neighbour.stalled = stalled
    groupOf(state, neighbour).taken += stalled ? -neighbour.occupied : neighbour.occupied
    review(state, neighbour)
  }
}

/** It passed because its hands are full, or has said since that it got something. */
export function setFull(state: PolicyState, neighbour: Neighbour, full: boolean): void {
  if (neighbour.full !== full) {
    neighbour.full = full
    state.refusing += full ? 1 : -1
  }
}

/** Who sends a wrong chunk is offered nothing until one of its chunks is right, and sent nothing for so long: its disk may be bad. */
const suspicionMs = 3000

export function suspect(state: PolicyState, neighbour: Neighbour, now: number): void {
  neighbour.suspect = true
  neighbour.suspectUntil = now + suspicionMs
  review(state, neighbour)
}

export function clear(state: PolicyState, neighbour: Neighbour): void {
  neighbour.suspect = false
  neighbour.suspectUntil = 0
  review(state, neighbour)
}

/** It has gone, and with it what was sent and offered to it. */
export function vacate(state: PolicyState, neighbour: Neighbour): void {
  state.sending -= neighbour.sending.size
  state.inviting.delete(neighbour)
  setFull(state, neighbour, false)
  vacateGroup(state, neighbour)
}

/** It counts no more among those of its group. */
export function vacateGroup(state: PolicyState, neighbour: Neighbour): void {
  const group = groupOf(state, neighbour)
  group.members -= 1
  group.taken -= neighbour.stalled ? 0 : neighbour.occupied
  group.wanting -= neighbour.wants ? 1 : 0
  neighbour.wants = false
  uninvitable(state, neighbour)
}

/** Called whenever something changed that decides whether it may be invited: it lacks a chunk beyond what it is offered already. */
export function review(state: PolicyState, neighbour: Neighbour): void {
  const { full, nothing, stalled, suspect } = neighbour
  countWanting(groupOf(state, neighbour), neighbour)
  if (full || nothing || stalled || suspect || neighbour.lacks <= neighbour.occupied) {
    uninvitable(state, neighbour)
  } else if (neighbour.guestAt === -1) {
    const { guests } = groupOf(state, neighbour)
    neighbour.guestAt = guests.length
    guests.push(neighbour)
  }
}

function uninvitable(state: PolicyState, neighbour: Neighbour): void {
  const at = neighbour.guestAt
  if (at === -1) {
    return
  }
  neighbour.guestAt = -1
  const { guests } = groupOf(state, neighbour)
  const last = guests.pop()
  if (last !== undefined && last !== neighbour) {
    last.guestAt = at
    guests[at] = last
  }
}
