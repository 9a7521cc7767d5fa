// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface BackoffOptions {
  /** Before the first repetition. */
  baseMs: number
  maxMs: number
}

/**
 * How long to wait before repetition number `attempt` (from 0): doubling, capped, of which the upper half is left to
 * chance, so that those who failed together do not come back together.
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: BackoffOptions, random: () => number): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 40))
  return Math.round(full * (0.5 + random() / 2))
}
