// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fullJitter } from './backoff.ts'
import { RefusedError } from './errors.ts'

/** A connection that lasted this long was a good one: the next wait begins from the shortest again. */
export const STABLE_MS = 10_000
/** After a refusal that trying again will not help. */
const REFUSED_BACKOFF = { baseMs: 300_000, capMs: 300_000 }
/** 5,000 agents that come back within the cap take less than half of the tracker's core. */
const DEFAULT_BACKOFF = { baseMs: 500, capMs: 15_000 }

/** Milliseconds until a tracker is tried again. @param attempt how many have failed in a row before */
export function waitAfter(
  error: Error,
  attempt: number,
  random: () => number,
  backoff: { baseMs: number; capMs: number } = DEFAULT_BACKOFF,
): number {
  const isFinal = error instanceof RefusedError && !error.retry
  return fullJitter(attempt, random, isFinal ? REFUSED_BACKOFF : backoff)
}
