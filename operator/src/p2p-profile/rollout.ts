// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { countOf } from '../human.ts'
import { ready, type Verdict, working } from '../verdict.ts'
import type { Observed } from './plan.ts'

/** How far the DaemonSet and the StatefulSet are on the way to the present spec. */
export function rolloutOf({ daemonSet, statefulSet }: Observed, applying: boolean): Verdict {
  const status = daemonSet?.status
  const current =
    !applying &&
    status?.observedGeneration !== undefined &&
    status.observedGeneration >= (daemonSet?.metadata.generation ?? 0)
  if (!current) return working('Rolling', 'DaemonSet and StatefulSet are being brought to the present spec.')
  const desired = status.desiredNumberScheduled ?? 0
  const good = Math.min(status.numberReady ?? 0, status.updatedNumberScheduled ?? 0)
  if (good < desired)
    return working('Rolling', `${good} of ${countOf(desired, 'agent')} ready with the present spec.`)
  if (!seederIsReady(statefulSet)) {
    return working('WaitingForSeeder', `${countOf(desired, 'agent')} ready; the seeder is not yet.`)
  }
  return ready('AgentsReady', `${countOf(desired, 'agent')} and the seeder are ready.`)
}

function seederIsReady(set: Observed['statefulSet']): boolean {
  const status = set?.status
  return (
    set !== undefined &&
    (status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) &&
    (status?.readyReplicas ?? 0) >= (set.spec.replicas ?? 1) &&
    status?.updateRevision === status?.currentRevision
  )
}
