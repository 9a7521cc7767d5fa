// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { countOf } from '../human.ts'
import { ready, stalled, type Verdict, working } from '../verdict.ts'
import { overlapOf } from './overlap.ts'
import type { Observed } from './plan.ts'
import type { Rival } from './territory.ts'

/** How far the DaemonSet and the StatefulSet are on the way to the present spec. */
export function rolloutOf(observed: Observed, applying: boolean): Verdict {
  const { daemonSet, statefulSet, rivals } = observed
  const status = daemonSet?.status
  const current =
    !applying &&
    status?.observedGeneration !== undefined &&
    status.observedGeneration >= (daemonSet?.metadata.generation ?? 0)
  if (!current) return working('Rolling', 'DaemonSet and StatefulSet are being brought to the present spec.')
  const desired = status.desiredNumberScheduled ?? 0
  const overlap = overlapOf(observed)
  if (desired === 0 && overlap.count > 0) {
    return stalled(
      'NodeOverlap',
      `Every node that the profile matches, ${overlap.count} in all, belongs to an older one (${namesOf(rivals)}): write another spec.nodeSelector into one of them.`,
    )
  }
  const good = Math.min(status.numberReady ?? 0, status.updatedNumberScheduled ?? 0)
  if (good < desired)
    return working('Rolling', `${good} of ${countOf(desired, 'agent')} ready with the present spec.`)
  if (!seederIsReady(statefulSet)) {
    return working('WaitingForSeeder', `${countOf(desired, 'agent')} ready; the seeder is not yet.`)
  }
  const all = `${countOf(desired, 'agent')} and the seeder are ready`
  if (overlap.count === 0) return ready('AgentsReady', `${all}.`)
  const lost = `${countOf(overlap.count, 'node')} that the profile matches, too, belong to an older one`
  return ready('NodeOverlap', `${all}; ${lost} (${namesOf(rivals)}).`)
}

const namesOf = (rivals: readonly Rival[]): string =>
  rivals.map(({ profile }) => profile.metadata.name).join(', ')

function seederIsReady(set: Observed['statefulSet']): boolean {
  const status = set?.status
  return (
    set !== undefined &&
    (status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) &&
    (status?.readyReplicas ?? 0) >= (set.spec.replicas ?? 1) &&
    status?.updateRevision === status?.currentRevision
  )
}
