// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels, type P2PProfile } from '@patchswarm/api'
import type { DaemonSet, GiveWay, KubeObject, StatefulSet } from '@patchswarm/kube'
import type { Caches } from '../caches.ts'
import type { Parts } from '../parts.ts'
import { childKinds } from './children.ts'
import { agentsDown } from './down.ts'
import type { DownClocks } from './down-clocks.ts'
import type { Observed } from './observed.ts'
import { seederDown } from './seeder.ts'
import { rivalsNow } from './territory.ts'

/** One read of the caches and the tracker for one decision about the profile; what it says of thousands of nodes comes in a turn of its own. */
export async function gather(
  parts: Parts,
  profile: P2PProfile,
  cleaningSince: number | undefined,
  clocks: { readonly agents: DownClocks; readonly seeders: DownClocks },
  giveWay: GiveWay,
): Promise<Observed> {
  const { caches, roster, settings, now } = parts
  const { name } = profile.metadata
  const children = childrenOf(profile, caches)
  const agents = roster.clients(name, 'agent')
  const seeders = roster.clients(name, 'seeder')
  const clients = [...agents, ...seeders]
  const fleet = {
    profile,
    settings,
    nodes: caches.nodes.list(),
    rivals: rivalsNow(profile, caches, settings.namespace),
    pods: caches.pods.list().filter(({ metadata }) => metadata.labels?.[labels.profile] === name),
    connected: new Set(agents.map(({ identity }) => identity.node)),
    seederConnected: seeders.length > 0,
  }
  await giveWay()
  const { uid = '' } = profile.metadata
  const down = profile.spec.enabled ? agentsDown(fleet) : []
  const seeder = profile.spec.enabled ? seederDown(fleet) : undefined
  const nodesDown = down.map(({ node }) => node)
  const seedersDown = seeder ? [seeder.pod] : []
  return {
    ...fleet,
    down,
    downSince: clocks.agents.look(uid, nodesDown),
    seeder,
    seederDownSince: clocks.seeders.look(uid, seedersDown).get(seeder?.pod ?? ''),
    children,
    daemonSet: children.find((one): one is DaemonSet => one.kind === 'DaemonSet'),
    statefulSet: children.find((one): one is StatefulSet => one.kind === 'StatefulSet'),
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
const childrenOf = ({ metadata: { name } }: P2PProfile, caches: Caches): KubeObject[] =>
  childKinds.flatMap(({ resource: { apiVersion, kind }, cacheIn }) =>
    cacheIn(caches)
      .list()
      .filter((one) => one.metadata.labels?.[labels.profile] === name)
      .map((one) => ({ ...one, apiVersion, kind })),
  )
