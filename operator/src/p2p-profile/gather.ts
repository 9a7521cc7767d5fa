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
import { agentsDown } from './down.ts'
import type { DownClocks } from './down-clocks.ts'
import type { Observed } from './plan.ts'
import { rivalsNow } from './territory.ts'

/** One read of the caches and the tracker for one decision about the profile. */
export function gather(
  parts: Parts,
  profile: P2PProfile,
  cleaningSince: number | undefined,
  clocks: DownClocks,
): Observed {
  const { caches, roster, settings, now } = parts
  const { name } = profile.metadata
  const daemonSets = ownedBy(profile, caches.daemonSets, DAEMON_SET)
  const statefulSets = ownedBy(profile, caches.statefulSets, STATEFUL_SET)
  const agents = roster.clients(name, 'agent')
  const clients = [...agents, ...roster.clients(name, 'seeder')]
  const fleet = {
    profile,
    settings,
    nodes: caches.nodes.list(),
    rivals: rivalsNow(profile, caches, settings.namespace),
    pods: caches.pods.list().filter(({ metadata }) => metadata.labels?.[labels.profile] === name),
    connected: new Set(agents.map(({ identity }) => identity.node)),
  }
  const down = profile.spec.enabled ? agentsDown(fleet) : []
  return {
    ...fleet,
    down,
    downSince: clocks.look(profile.metadata.uid ?? '', down),
    children: [
      ...daemonSets,
      ...statefulSets,
      ...ownedBy(profile, caches.services, SERVICE),
      ...ownedBy(profile, caches.serviceAccounts, SERVICE_ACCOUNT),
    ],
    daemonSet: daemonSets[0],
    statefulSet: statefulSets[0],
    clients: clients.map(({ identity: { role, node }, report, agentVersion }) => ({
      role,
      node,
      wiped: report?.wiped ?? false,
      version: agentVersion,
      rootsMissing: (report?.roots ?? [])
        .filter((one) => one.reason === 'RootMissing')
        .map((one) => one.path),
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
