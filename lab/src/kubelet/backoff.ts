// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
const FIRST_MS = 1000
const MAX_MS = 30_000
/** A container that ran this long starts over with the shortest wait. */
const FORGET_AFTER_MS = 60_000

/**
 * How long to wait before a container is started again: not at all the first time, then doubling, as a real kubelet
 * does (which begins with 10 s and ends with 5 min: too slow for a lab).
 *
 * @param failuresInARow restarts since the container last ran long enough
 */
export function restartDelay(failuresInARow: number): number {
  if (failuresInARow === 0) return 0
  return Math.min(MAX_MS, FIRST_MS * 2 ** (failuresInARow - 1))
}

/** The failures in a row after one more end of a container that ran for `ranMs`. */
export function countFailure(failuresInARow: number, ranMs: number): number {
  return ranMs >= FORGET_AFTER_MS ? 0 : failuresInARow + 1
}
