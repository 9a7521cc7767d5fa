// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type Condition,
  findCondition,
  type Readiness,
  removeCondition,
  setCondition,
  setReadiness,
} from '@patchswarm/api'
import type { PlannedEvent } from '@patchswarm/kube'

/**
 * What a plan has found out about an object, in one sentence. It becomes the conditions and the Event, so that these
 * never say different things.
 */
export type Verdict = Readiness

/** As the spec wants it. */
export const ready = (reason: string, message: string): Verdict => ({ state: 'Ready', reason, message })
/** Gets there by itself. */
export const working = (reason: string, message: string): Verdict => ({
  state: 'Reconciling',
  reason,
  message,
})
/** Somebody has to change something first. */
export const stalled = (reason: string, message: string): Verdict => ({ state: 'Stalled', reason, message })

/** Further condition types that a plan may claim beside the verdict; those it does not claim go. */
const claimable = ['Complete', 'Failed', 'Suspended'] as const
export type Claim = (typeof claimable)[number]

/** The new list of conditions: the verdict's three and the claimed ones with the same words. */
export function conditionsOf(
  previous: readonly Condition[] | undefined,
  verdict: Verdict,
  generation: number | undefined,
  now: Date,
  claims: readonly Claim[] = [],
): Condition[] {
  const { reason, message } = verdict
  const about = { reason, message, ...(generation === undefined ? {} : { observedGeneration: generation }) }
  let next = setReadiness(previous, verdict, generation, now)
  for (const type of claimable) {
    next = claims.includes(type)
      ? setCondition(next, { type, status: 'True', ...about }, now)
      : removeCondition(next, type)
  }
  return next
}

/** An Event when the reason is a new one; progress within one reason is told by the status alone. */
export function eventsOf(previous: readonly Condition[] | undefined, verdict: Verdict): PlannedEvent[] {
  if (findCondition(previous, 'Ready')?.reason === verdict.reason) return []
  const type = verdict.state === 'Stalled' ? 'Warning' : 'Normal'
  return [{ type, reason: verdict.reason, message: verdict.message }]
}
