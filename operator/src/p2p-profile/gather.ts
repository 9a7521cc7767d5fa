// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels, type P2PProfile } from '@patchswarm/api'
import {
  type DaemonSet,
  type GiveWay,
  type KubeObject,
  mapInSlices,
  type StatefulSet,
} from '@patchswarm/kube'
import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import type { Caches } from '../caches.ts'
import type { Parts } from '../parts.ts'
import { childKinds } from './children.ts'
import { agentsDown } from './down.ts'
import type { DownClocks } from './down-clocks.ts'
import type { ClientView, Observed } from './observed.ts'
import { seederDown } from './seeder.ts'
import { rivalsNow } from './territory.ts'

/** One read of the caches and the tracker for one decision about the profile; what follows from it for thousands of nodes comes in slices. */
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
  const down = profile.spec.enabled ? await agentsDown(fleet, giveWay) : []
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
    clients: await mapInSlices([...agents, ...seeders], giveWay, viewOf),
    cleaningSince,
    now: new Date(now()),
  }
}

const viewOf = ({ identity: { role, node }, report, agentVersion }: TrackerClientView): ClientView => ({
  role,
  node,
  wiped: report?.wiped ?? false,
  version: agentVersion,
  rootsMissing: (report?.roots ?? []).filter((one) => one.reason === 'RootMissing').map((one) => one.path),
  cache: report?.cache,
})

/** Objects in a list do not say what they are. */
const childrenOf = ({ metadata: { name } }: P2PProfile, caches: Caches): KubeObject[] =>
  childKinds.flatMap(({ resource: { apiVersion, kind }, cacheIn }) =>
    cacheIn(caches)
      .list()
      .filter((one) => one.metadata.labels?.[labels.profile] === name)
      .map((one) => ({ ...one, apiVersion, kind })),
  )
