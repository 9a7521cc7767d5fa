// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * Full jitter: anything up to a bound that doubles with every attempt (0, 1, …). Spreads thousands of agents that
 * lost the same tracker, which no fixed delay does.
 * @returns milliseconds
 */
export function fullJitter(
  attempt: number,
  random: () => number,
  bounds: { baseMs: number; capMs: number },
): number {
  const bound = Math.min(bounds.capMs, bounds.baseMs * 2 ** Math.min(attempt, 30))
  return Math.floor(random() * bound)
}
