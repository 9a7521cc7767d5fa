// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels, type P2PProfile } from '@patchswarm/api'
import {
  DAEMON_SET,
  type Informer,
  type KubeObject,
  type Resource,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '@patchswarm/kube'
import type { Parts } from '../parts.ts'
import type { Observed } from './plan.ts'
import { rivalsNow } from './territory.ts'

/** One read of the caches and the tracker for one decision about the profile. */
export function gather(parts: Parts, profile: P2PProfile, cleaningSince: number | undefined): Observed {
  const { caches, roster, settings, now } = parts
  const { name } = profile.metadata
  const daemonSets = ownedBy(profile, caches.daemonSets, DAEMON_SET)
  const statefulSets = ownedBy(profile, caches.statefulSets, STATEFUL_SET)
  const clients = [...roster.clients(name, 'agent'), ...roster.clients(name, 'seeder')]
  return {
    profile,
    settings,
    nodes: caches.nodes.list(),
    rivals: rivalsNow(profile, caches, settings.namespace),
    children: [
      ...daemonSets,
      ...statefulSets,
      ...ownedBy(profile, caches.services, SERVICE),
      ...ownedBy(profile, caches.serviceAccounts, SERVICE_ACCOUNT),
    ],
    daemonSet: daemonSets[0],
    statefulSet: statefulSets[0],
    clients: clients.map(({ identity: { role, node }, report }) => ({
      role,
      node,
      wiped: report?.wiped ?? false,
      cache: report?.cache,
    })),
    cleaningSince,
    now: new Date(now()),
  }
}

/** Objects in a list do not say what they are. */
const ownedBy = <T extends KubeObject>(profile: P2PProfile, cache: Informer<T>, resource: Resource<T>): T[] =>
  cache
    .list()
    .filter((one) => one.metadata.labels?.[labels.profile] === profile.metadata.name)
    .map((one) => ({ ...one, apiVersion: resource.apiVersion, kind: resource.kind }))
