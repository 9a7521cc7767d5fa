// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What is to be seen of a node at work at one moment. */
export interface Sight {
  /** Which try it is: each begins at zero. */
  readonly attempt: number
  /** Grows with everything that the node gets done. */
  readonly done: number
  /** It could go on: what it lacks is to be had, and nobody holds it back. */
  readonly able: boolean
}

/** For how long a node has got nothing done although it could, and what was seen last. */
export interface StallClock extends Sight {
  readonly idleMs: number
  /** When it was looked at, in milliseconds. */
  readonly at: number
}

/** Between two looks the clock goes on by no more than this: whoever did not look knows nothing. */
const longestStepMs = 10_000

/** The clock after another look; it stands still while the node cannot go on. */
export function lookAgain(before: StallClock, sight: Sight, now: number): StallClock {
  if (sight.attempt !== before.attempt || sight.done > before.done) return { ...sight, idleMs: 0, at: now }
  const passed = before.able && sight.able ? Math.min(longestStepMs, Math.max(0, now - before.at)) : 0
  return { ...sight, idleMs: before.idleMs + passed, at: now }
}

/** Agents have this long to find a new leader, in milliseconds. */
export const takeOverGraceMs = (reportIntervalMs: number): number => Math.max(60_000, 2 * reportIntervalMs)

/**
 * The first look. A row that this leader has not made itself is given until `graceUntil`: its agent may still be on the
 * way here.
 */
export function startClock(sight: Sight, inherited: boolean, graceUntil: number, now: number): StallClock {
  return { ...sight, idleMs: inherited ? Math.min(0, now - graceUntil) : 0, at: now }
}

/** How long a node may be idle. It is seen through reports alone, so never less than two of their intervals. */
export const patienceMs = (stallTimeoutSeconds: number, reportIntervalMs: number): number =>
  Math.max(stallTimeoutSeconds * 1000, 2 * reportIntervalMs)
