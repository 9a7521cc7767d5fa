// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution } from '@patchswarm/api'
import type { Observed } from './observed.ts'
import { mayRetry } from './retry.ts'

/** A file that a job is to keep as it is, and that is gone or another one. A path that another job has is no longer this one's. */
export const isToRepair = (
  { metadata, spec, status }: NodeDistribution,
  { job, changed, replacers }: Pick<Observed, 'job' | 'changed' | 'replacers'>,
): boolean =>
  status?.state === 'Delivered' &&
  job.spec.completionPolicy === 'KeepCurrent' &&
  changed.has(metadata.name) &&
  !replacers.has(spec.nodeName)

/** Whether a node that is done, or was left out and takes part again, gets another try. */
export const isToBeginAgain = (
  object: NodeDistribution,
  observed: Pick<Observed, 'job' | 'changed' | 'replacers'>,
): boolean =>
  object.status?.state === 'Skipped' ||
  mayRetry(object, observed.job.spec.rollout) ||
  isToRepair(object, observed)

/** The row as the next try is to speak of it. */
export function asChanged(object: NodeDistribution, observed: Observed): NodeDistribution {
  if (!isToRepair(object, observed)) return object
  const message = 'The delivered file was changed or removed on the node: it is delivered again.'
  return { ...object, status: { ...object.status, reason: 'Changed', message } }
}
