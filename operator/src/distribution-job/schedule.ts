// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import { isWithin, nextChange, UnknownTimeZoneError, type WeeklyWindow } from '@patchswarm/swarm/windows'

/** Why nodes may not begin now, and when they may; `opensAt` is infinite when they never will. */
export interface Closed {
  readonly reason: 'WaitingForStart' | 'OutsideWindow'
  readonly opensAt: number
}

/** Undefined while nodes may begin. Windows go by the clock on the wall of their time zone; of one that is unknown here none comes. */
export function closedBy({ spec: { schedule } }: DistributionJob, now: Date): Closed | undefined {
  if (!schedule) return undefined
  const notBefore = notBeforeOf(schedule)
  const reason = now.getTime() < notBefore ? 'WaitingForStart' : 'OutsideWindow'
  const from = Math.max(now.getTime(), notBefore)
  if (!isOpen(schedule, from))
    return { reason, opensAt: nextChange(windowsOf(schedule).filter(isKnown), from) }
  return from > now.getTime() ? { reason, opensAt: from } : undefined
}

/** The same, but for when that ends: what is asked of every node must not cost what a look through a week does. */
export const isOutsideWindow = ({ spec: { schedule } }: DistributionJob, now: Date): boolean =>
  schedule !== undefined && now.getTime() >= notBeforeOf(schedule) && !isOpen(schedule, now.getTime())

type Schedule = NonNullable<DistributionJob['spec']['schedule']>

const notBeforeOf = ({ notBefore }: Schedule): number => Date.parse(notBefore ?? '') || 0

const isOpen = (schedule: Schedule, at: number): boolean =>
  schedule.windows.length === 0 ||
  windowsOf(schedule)
    .filter(isKnown)
    .some((one) => isWithin(one, at))

/** Time zones that the API server knows and this program does not. */
export const unknownZones = ({ spec: { schedule } }: DistributionJob): string[] =>
  windowsOf(schedule)
    .filter((one) => !isKnown(one))
    .map(({ timeZone }) => timeZone)

const windowsOf = (schedule: Schedule | undefined): WeeklyWindow[] =>
  (schedule?.windows ?? []).map(({ days = [], ...rest }) => ({ days, ...rest }))

function isKnown(window: WeeklyWindow): boolean {
  try {
    isWithin(window, 0)
    return true
  } catch (error) {
    if (error instanceof UnknownTimeZoneError) return false
    throw error
  }
}
