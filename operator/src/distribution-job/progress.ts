// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJobStatus, findCondition, formatTime } from '@patchswarm/api'

type Numbers = Pick<
  DistributionJobStatus,
  'desired' | 'succeeded' | 'failed' | 'skipped' | 'progressPercent' | 'bytes'
>

/** In these states nodes may be at work: whoever waits for a person, an hour or the origin is late for another reason. */
const counting = new Set(['Distributing', 'WaitingForAgents', 'ProgressDeadlineExceeded'])

export const isCounting = (reason: string): boolean => counting.has(reason)

/** When a job that may go on got further last. */
export function lastProgress(before: DistributionJobStatus | undefined, numbers: Numbers, now: Date): string {
  const reason = findCondition(before?.conditions, 'Ready')?.reason ?? ''
  const since = before?.lastProgressTime
  return since && isCounting(reason) && !isFurther(before, numbers) ? since : formatTime(now)
}

/** Another node is done, or more is here than before. Less, after a loss, is no progress. */
function isFurther(before: Numbers, now: Numbers): boolean {
  const counted = (one: Numbers): string => [one.desired, one.succeeded, one.failed, one.skipped].join()
  const arrived = ({ bytes }: Numbers): number =>
    (bytes?.origin ?? 0) + (bytes?.peers ?? 0) + (bytes?.cache ?? 0)
  return (
    counted(before) !== counted(now) ||
    (now.progressPercent ?? 0) > (before.progressPercent ?? 0) ||
    arrived(now) > arrived(before)
  )
}

/** Whether the deadline has passed since then; never without one. */
export const isOverdue = (since: string, deadlineSeconds: number | undefined, now: Date): boolean =>
  deadlineSeconds !== undefined && now.getTime() - Date.parse(since) >= deadlineSeconds * 1000
