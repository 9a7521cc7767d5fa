// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import { isWithin, nextChange } from '@patchswarm/swarm/windows'

/** Why nodes may not begin now, and when they may; `opensAt` is infinite when they never will. */
export interface Closed {
  readonly reason: 'WaitingForStart' | 'OutsideWindow'
  readonly opensAt: number
}

/** Undefined while nodes may begin. Windows go by the clock on the wall of their time zone. */
export function closedBy({ spec: { schedule } }: DistributionJob, now: Date): Closed | undefined {
  if (!schedule) return undefined
  const windows = schedule.windows.map(({ days = [], ...rest }) => ({ days, ...rest }))
  const isOpen = (at: number): boolean => windows.length === 0 || windows.some((one) => isWithin(one, at))
  const notBefore = Date.parse(schedule.notBefore ?? '') || 0
  const reason = now.getTime() < notBefore ? 'WaitingForStart' : 'OutsideWindow'
  const from = Math.max(now.getTime(), notBefore)
  if (!isOpen(from)) return { reason, opensAt: nextChange(windows, from) }
  return from > now.getTime() ? { reason, opensAt: from } : undefined
}
