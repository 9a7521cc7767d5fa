// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { countOf } from '../human.ts'
import { ready, stalled, type Verdict, working } from '../verdict.ts'
import { isStuck, missingOf, sentenceOf } from './missing.ts'
import type { Observed } from './observed.ts'
import { overlapOf } from './overlap.ts'
import { rootsOf } from './roots.ts'
import { isSeederMissing, isSeederStuck, seederSentence } from './seeder.ts'
import type { Rival } from './territory.ts'

/** How far the DaemonSet and the StatefulSet are on the way to the present spec. */
export function rolloutOf(observed: Observed, applying: boolean): Verdict {
  const { metadata, status } = observed.daemonSet ?? {}
  const current =
    !applying &&
    status?.observedGeneration !== undefined &&
    status.observedGeneration >= (metadata?.generation ?? 0)
  if (!current) return working('Rolling', 'DaemonSet and StatefulSet are being brought to the present spec.')
  const { desiredNumberScheduled: desired = 0, numberReady = 0, updatedNumberScheduled = 0 } = status
  return (
    allLost(observed, desired) ??
    seederStuck(observed) ??
    someMissing(observed, Math.min(numberReady, updatedNumberScheduled), desired) ??
    seederMissing(observed, desired) ??
    allReady(observed, desired)
  )
}

function allLost(observed: Observed, desired: number): Verdict | undefined {
  const { count } = overlapOf(observed)
  if (desired > 0 || count === 0) return undefined
  return stalled(
    'NodeOverlap',
    `Every node that the profile matches, ${count} in all, belongs to an older one (${namesOf(observed.rivals)}): write another spec.nodeSelector into one of them.`,
  )
}

function someMissing(observed: Observed, good: number, desired: number): Verdict | undefined {
  const missing = missingOf(observed)
  if (good >= desired && missing.length === 0) return undefined
  const message = `${good} of ${countOf(desired, 'agent')} ready with the present spec.${sentenceOf(missing)}`
  return isStuck(observed) ? stalled('AgentsMissing', message) : working('Rolling', message)
}

/** Said before what is said of agents: they have nothing to bring without it, and are named in the status all the same. */
function seederStuck(observed: Observed): Verdict | undefined {
  if (!isSeederStuck(observed)) return undefined
  return stalled('SeederMissing', `The seeder does not come up.${seederSentence(observed)}`)
}

function seederMissing(observed: Observed, desired: number): Verdict | undefined {
  if (seederIsReady(observed.statefulSet) && !isSeederMissing(observed)) return undefined
  const message = `${countOf(desired, 'agent')} ready; the seeder is not yet.${seederSentence(observed)}`
  return working('WaitingForSeeder', message)
}

function allReady(observed: Observed, desired: number): Verdict {
  const all = `${countOf(desired, 'agent')} and the seeder are ready`
  const { count } = overlapOf(observed)
  if (count > 0) {
    const lost = `${countOf(count, 'node')} that the profile matches, too, belong to an older one`
    return ready('NodeOverlap', `${all}; ${lost} (${namesOf(observed.rivals)}).`)
  }
  const roots = rootsOf(observed.clients)
  const [first] = roots.missingNodes
  if (!first) return ready('AgentsReady', `${all}.`)
  const where = `${first.node} has no ${first.paths.join(', ')}`
  return ready('RootMissing', `${all}; ${countOf(roots.missing, 'node')} without an allowed root: ${where}.`)
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
