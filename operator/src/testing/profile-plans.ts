// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition, type P2PProfile } from '@patchswarm/api'
import type { DaemonSet, KubeObject, StatefulSet } from '@patchswarm/kube'
import type { Observed } from '../p2p-profile/observed.ts'
import { plan } from '../p2p-profile/plan.ts'
import type { Rival } from '../p2p-profile/territory.ts'
import { childrenFor } from '../p2p-profile/workloads.ts'
import { now, profile, settings } from './objects.ts'

/** The cluster as it is once everything is applied and so many Pods run. */
export function running(
  of: P2PProfile,
  desired: number,
  ready: number,
  seeders = 1,
  rivals: readonly Rival[] = [],
): Partial<Observed> {
  const children = childrenFor(of, settings, rivals).map((one) => structuredClone(one))
  const daemonSet = children.find((one) => one.kind === 'DaemonSet') as DaemonSet
  daemonSet.metadata.generation = 1
  daemonSet.status = {
    observedGeneration: 1,
    desiredNumberScheduled: desired,
    numberReady: ready,
    updatedNumberScheduled: ready,
  }
  const statefulSet = children.find((one) => one.kind === 'StatefulSet') as StatefulSet
  statefulSet.metadata.generation = 1
  statefulSet.status = { observedGeneration: 1, readyReplicas: seeders }
  return { children, daemonSet, statefulSet }
}

export const observed = (over: Partial<Observed> = {}): Observed => ({
  profile: profile(),
  settings,
  nodes: [],
  rivals: [],
  children: [],
  daemonSet: undefined,
  statefulSet: undefined,
  clients: [],
  down: [],
  downSince: new Map(),
  seeder: undefined,
  seederDownSince: undefined,
  cleaningSince: undefined,
  now,
  ...over,
})

export const decide = (over: Partial<Observed> = {}) => {
  const planned = plan(observed(over))
  if (!planned) throw new Error('no plan')
  const ready = findCondition(planned.status?.conditions, 'Ready')
  return { ...planned, said: `${ready?.status} ${ready?.reason}` }
}
export const kinds = (objects: readonly KubeObject[]) => objects.map((one) => one.kind)
export const quiet = { version: '1.0.0', rootsMissing: [], cache: undefined }
export const secondsAgo = (seconds: number) => now.getTime() - seconds * 1000
