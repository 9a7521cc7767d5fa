// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** One aspect of an object's state, as metav1.Condition. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  /** One CamelCase word for programs. */
  reason: string
  /** One sentence for people. */
  message: string
  /** The metadata.generation that the condition is about. */
  observedGeneration?: number
  /** When `status` changed last (RFC 3339, UTC, seconds). */
  lastTransitionTime: string
}

/** What the CRDs allow for a message, in characters. */
export const messageMaxLength = 1024

/** Cuts a message to what the API server takes; a status write must never fail for the length of somebody's error. */
export function shortenMessage(message: string, maxLength = messageMaxLength): string {
  // Code points, as the API server counts; a cut through a surrogate pair would be no valid text.
  const characters = [...message]
  return characters.length <= maxLength ? message : `${characters.slice(0, maxLength - 1).join('')}…`
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/**
 * The list with this condition in it. lastTransitionTime moves only when the status does, so that it answers "since
 * when", and the order stays, so that an unchanged list compares equal.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): Condition[] {
  const present = findCondition(conditions, condition.type)
  const next: Condition = {
    ...condition,
    message: shortenMessage(condition.message),
    lastTransitionTime: present?.status === condition.status ? present.lastTransitionTime : formatTime(now),
  }
  if (!present) return [...(conditions ?? []), next]
  return (conditions ?? []).map((old) => (old.type === condition.type ? next : old))
}

/** The list without this type: how an abnormal-true condition says that it does not hold. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}

/**
 * How kstatus reads an object: Ready (done), Reconciling (on its way, wait), Stalled (a person must act). Exactly one
 * holds at a time.
 */
export interface Readiness {
  state: 'Ready' | 'Reconciling' | 'Stalled'
  reason: string
  message: string
}

/**
 * The list with Ready, Reconciling and Stalled as this one state has them, all with its reason and message. Reconciling
 * and Stalled are there only while True, so they are never True both.
 */
export function setReadiness(
  conditions: readonly Condition[] | undefined,
  { state, reason, message }: Readiness,
  observedGeneration: number | undefined,
  now: Date,
): Condition[] {
  const about = { reason, message, ...(observedGeneration !== undefined && { observedGeneration }) }
  let next = setCondition(
    conditions,
    { type: 'Ready', status: state === 'Ready' ? 'True' : 'False', ...about },
    now,
  )
  for (const type of ['Reconciling', 'Stalled']) {
    next =
      type === state
        ? setCondition(next, { type, status: 'True', ...about }, now)
        : removeCondition(next, type)
  }
  return next
}

/** RFC 3339 in UTC without a fraction, as metav1.Time is written. */
export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}
