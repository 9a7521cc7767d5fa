// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, isConditionTrue } from '@patchswarm/api'
import { isOutsideWindow } from './distribution-job/schedule.ts'

/** Transfers stand still: by its spec, or because its hours are over and it says so. A halted job has hours, too. */
export const isPaused = (job: DistributionJob, now: Date): boolean =>
  job.spec.suspend || (job.spec.schedule?.atWindowEnd === 'Pause' && isOutsideWindow(job, now))

/** Complete or Failed: nothing begins any more. */
export const isOver = ({ status }: DistributionJob): boolean =>
  isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed')
