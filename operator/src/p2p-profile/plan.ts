// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cleanupFinalizer, type P2PProfileStatus } from '@patchswarm/api'
import type { KubeObject, PlannedEvent } from '@patchswarm/kube'
import { conditionsOf, eventsOf, ready, type Verdict, working } from '../verdict.ts'
import { cacheOf } from './cache.ts'
import { isApplied } from './child.ts'
import { cleanupTimeoutMs, isClean } from './cleanup.ts'
import { missingOf, toldOf } from './missing.ts'
import { mostNamed, type Observed } from './observed.ts'
import { overlapOf } from './overlap.ts'
import { rolloutOf } from './rollout.ts'
import { rootsOf } from './roots.ts'
import { versionsOf } from './versions.ts'
import { childrenFor } from './workloads.ts'

export interface Plan {
  finalizer?: 'add' | 'remove'
  apply: KubeObject[]
  remove: KubeObject[]
  /** Undefined when the object is going and nobody reads it any more. */
  status?: P2PProfileStatus
  events: PlannedEvent[]
  requeueAfterMs?: number
}

/** How long an agent or the seeder has been down matters without any change. */
const lookAgainMs = 10_000

/** Decides what a profile has in the cluster: deleted → disabled → rolled out. */
export function plan(observed: Observed): Plan | undefined {
  const { profile } = observed
  const held = profile.metadata.finalizers?.includes(cleanupFinalizer) ?? false
  if (profile.metadata.deletionTimestamp) return held ? leave(observed, held) : undefined
  if (!profile.spec.enabled) return leave(observed, held)
  // Before anything is made: without it the agents could be gone before they have emptied their caches.
  return { ...rollOut(observed), ...(held ? {} : { finalizer: 'add' }) }
}

function rollOut(observed: Observed): Plan {
  const { profile, settings, children, rivals } = observed
  const wanted = childrenFor(profile, settings, rivals)
  const apply = wanted.filter((one) => !isApplied(one, find(children, one)))
  return {
    apply,
    remove: [],
    ...sayThat(observed, rolloutOf(observed, apply.length > 0)),
    ...((observed.down.length > 0 || observed.seeder) && { requeueAfterMs: lookAgainMs }),
  }
}

function leave(observed: Observed, held: boolean): Plan {
  const { profile, children, now, cleaningSince } = observed
  const deleted = profile.metadata.deletionTimestamp !== undefined
  if (children.length === 0) {
    const disabled = ready('Disabled', 'spec.enabled is false: no agent and no seeder runs.')
    return {
      apply: [],
      remove: [],
      ...(deleted ? { events: [] } : sayThat(observed, disabled)),
      // Nothing is held on nodes any more: a profile that is only disabled can be deleted without an operator, too.
      ...(held && { finalizer: 'remove' }),
    }
  }
  const clean = isClean(observed)
  const left = cleanupTimeoutMs - (now.getTime() - (cleaningSince ?? now.getTime()))
  const present = children.filter((one) => !one.metadata.deletionTimestamp)
  return {
    apply: [],
    remove: clean ? present : [],
    ...sayThat(observed, cleaning(observed, clean)),
    requeueAfterMs: Math.max(500, Math.min(left, 2000)),
  }
}

function cleaning({ clients }: Observed, clean: boolean): Verdict {
  const open = clients.filter((one) => !one.wiped).length
  const message = clean
    ? 'Caches are empty or their agents are away; DaemonSet and StatefulSet are being removed.'
    : `${clients.length - open} of ${clients.length} connected agents and seeders have emptied their caches.`
  return working('CleaningUp', message)
}

function sayThat(observed: Observed, verdict: Verdict): Pick<Plan, 'status' | 'events'> {
  const { profile, daemonSet, statefulSet, clients, now } = observed
  const { conditions } = profile.status ?? {}
  const missing = missingOf(observed)
  const { desiredNumberScheduled = 0, numberReady = 0, updatedNumberScheduled = 0 } = daemonSet?.status ?? {}
  return {
    status: {
      observedGeneration: profile.metadata.generation ?? 0,
      conditions: conditionsOf(conditions, verdict, profile.metadata.generation, now),
      agents: {
        desired: desiredNumberScheduled,
        ready: numberReady,
        updated: updatedNumberScheduled,
        connected: clients.filter((one) => one.role === 'agent').length,
        missing: missing.length,
        missingNodes: missing.slice(0, mostNamed).map(toldOf),
        versions: versionsOf(clients),
      },
      seeders: { desired: statefulSet?.spec.replicas ?? 0, ready: statefulSet?.status?.readyReplicas ?? 0 },
      cache: cacheOf(clients),
      roots: rootsOf(clients),
      overlap: overlapOf(observed),
    },
    events: eventsOf(conditions, verdict),
  }
}

const find = (children: readonly KubeObject[], wanted: KubeObject): KubeObject | undefined =>
  children.find((one) => one.kind === wanted.kind && one.metadata.name === wanted.metadata.name)
