// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'

/** Milliseconds until a job that is over goes by itself, at most 0 when its time has come; undefined when it stays. */
export function lifetimeLeft({ spec, status }: DistributionJob, now: Date): number | undefined {
  const endedAt = Date.parse(status?.completionTime ?? '')
  if (spec.ttlSecondsAfterFinished === undefined || Number.isNaN(endedAt)) return undefined
  return endedAt + spec.ttlSecondsAfterFinished * 1000 - now.getTime()
}
