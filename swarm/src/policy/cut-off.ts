// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Group } from './group.ts'
import type { Neighbour } from './neighbour.ts'
import { has, type PolicyState } from './state.ts'

/**
 * Rule 10: a neighbour that gets nothing from others is shunned by them, as liars are, or cannot reach them. A seeder cannot
 * tell which, for it asks nobody for chunks; but what it sends there is passed on to nobody, and all others would miss it.
 */

/** Chunks sent to a neighbour after which it is judged, each time anew. */
const judgedAfter = 4
/** So many from others make up for what was thought of it. */
const enoughFromOthers = 2
/** So many neighbours must want something, and get it from others too, for one that is cut off to wait. */
const fewWanting = 2

/** What it was dealt is dealt again when it has been cut off for so long: those who have just met pass nothing on yet. */
const patienceMs = 2000

function decide(neighbour: Neighbour, fed: boolean, now: number): void {
  if (neighbour.fedByOthers !== fed) {
    neighbour.fedByOthers = fed
    neighbour.fedSince = now
  }
  neighbour.judged = { sent: 0, fromOthers: 0 }
}

/** A chunk has left to it. */
export function noteSent(state: PolicyState, neighbour: Neighbour, chunk: number, now: number): void {
  if (!has(state, neighbour, chunk)) {
    neighbour.unannounced.add(chunk)
  }
  const { judged } = neighbour
  judged.sent += 1
  if (judged.sent >= judgedAfter) {
    decide(neighbour, judged.fromOthers > 0, now)
  }
}

/** It has announced a chunk. What was sent from here says nothing, however late it is announced. */
export function noteGain(neighbour: Neighbour, chunk: number, now: number): void {
  if (neighbour.unannounced.delete(chunk)) {
    return
  }
  const { judged } = neighbour
  judged.fromOthers += 1
  if (!neighbour.fedByOthers && judged.fromOthers >= enoughFromOthers) {
    decide(neighbour, true, now)
  }
}

/** Counts it among those that want something and get it from others too, or no longer. */
export function countWanting(group: Group, neighbour: Neighbour): void {
  const wants = neighbour.lacks > 0 && neighbour.fedByOthers === true && !neighbour.suspect
  if (wants !== neighbour.wants) {
    neighbour.wants = wants
    group.wanting += wants ? 1 : -1
  }
}

/** Others come first: it is dealt nothing, and is not relied on to pass anything on. */
export const comesLast = ({ wanting }: Group, { fedByOthers }: Neighbour): boolean =>
  fedByOthers === false && wanting >= fewWanting

/** It has been so for so long that nobody waits for it to pass anything on. */
export const isGivenUp = (group: Group, neighbour: Neighbour, now: number): boolean =>
  comesLast(group, neighbour) && now - neighbour.fedSince >= patienceMs

/** Of a holder it gets one chunk at a time. */
export const mustWait = (group: Group, neighbour: Neighbour): boolean =>
  neighbour.occupied > 0 && comesLast(group, neighbour)
