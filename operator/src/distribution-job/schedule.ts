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
  const windows = windowsOf(schedule).filter(isKnown)
  const isOpen = (at: number): boolean =>
    schedule.windows.length === 0 || windows.some((one) => isWithin(one, at))
  const notBefore = Date.parse(schedule.notBefore ?? '') || 0
  const reason = now.getTime() < notBefore ? 'WaitingForStart' : 'OutsideWindow'
  const from = Math.max(now.getTime(), notBefore)
  if (!isOpen(from)) return { reason, opensAt: nextChange(windows, from) }
  return from > now.getTime() ? { reason, opensAt: from } : undefined
}

/** Time zones that the API server knows and this program does not. */
export const unknownZones = ({ spec: { schedule } }: DistributionJob): string[] =>
  windowsOf(schedule)
    .filter((one) => !isKnown(one))
    .map(({ timeZone }) => timeZone)

const windowsOf = (schedule: DistributionJob['spec']['schedule']): WeeklyWindow[] =>
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
