// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, isConditionTrue } from '@patchswarm/api'

/** Complete or Failed: nothing begins any more. */
export const isOver = ({ status }: DistributionJob): boolean =>
  isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed')
