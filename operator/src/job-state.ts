// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, findCondition, isConditionTrue } from '@patchswarm/api'

/** Transfers stand still: by its spec, or because its hours are over and it says so. */
export const isPaused = ({ spec, status }: DistributionJob): boolean =>
  spec.suspend ||
  (spec.schedule?.atWindowEnd === 'Pause' &&
    findCondition(status?.conditions, 'Ready')?.reason === 'OutsideWindow')

/** Complete or Failed: nothing begins any more. */
export const isOver = ({ status }: DistributionJob): boolean =>
  isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed')
