// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import { type GiveWay, mapInSlices } from '@patchswarm/kube'
import { swarmKey } from '@patchswarm/swarm/manifest'
import type { ArtifactReport, TrackerClientView } from '@patchswarm/swarm/tracker'
import { namespaceView } from '../namespaces.ts'
import type { Parts } from '../parts.ts'
import { swarmOf } from '../swarm.ts'
import { isWhole } from '../tracker/roster.ts'
import type { OriginStatus } from '../tracker/site-account.ts'
import { readsFor } from '../tracker/sites.ts'
import type { Observed, SeederView } from './observed.ts'
import type { OriginLedger, OriginTotals } from './origin-ledger.ts'

/** One read of the caches and the tracker for one decision about the artifact; what thousands of agents say comes in slices. */
export async function gather(
  parts: Parts,
  ledger: OriginLedger,
  artifact: PatchArtifact,
  giveWay: GiveWay,
): Promise<Observed> {
  const { caches, roster, settings, now } = parts
  const profile = caches.profiles.get(artifact.spec.profile)
  const { key } = swarmOf(artifact)
  const seeders = roster
    .clients(artifact.spec.profile, 'seeder')
    .map((client) => ({ peerId: client.peerId, report: reportOf(client, key) }))
  const nodeNamed = caches.nodes.get.bind(caches.nodes)
  const agents = await mapInSlices(roster.clients(artifact.spec.profile, 'agent'), giveWay, (client) => ({
    peerId: client.peerId,
    report: reportOf(client, key),
    site: readsFor(client, profile, nodeNamed),
  }))
  await giveWay()
  const known = countedBefore(artifact.status?.origin)
  return {
    artifact,
    profile,
    namespace: namespaceView(caches.namespaces, artifact.metadata.namespace),
    operatorNamespace: settings.namespace,
    seeders,
    agents,
    holders: agents.filter(({ report }) => report !== undefined && isWhole(report)).length,
    bytesRead: ledger.count(artifact.metadata.uid ?? '', known, [
      ...seeders.map(countOf),
      ...agents.map((agent) => ({ ...countOf(agent), site: agent.site })),
    ]),
    secrets: parts.secrets.lookup,
    now: new Date(now()),
  }
}

const countedBefore = ({ bytesRead = 0, sites = [], readers = [] }: OriginStatus = {}): OriginTotals => ({
  total: bytesRead,
  sites: new Map(sites.map((one) => [one.site, one.bytesRead ?? 0])),
  readers: new Map(readers.map((one) => [one.peerId, one.bytesRead ?? 0])),
})

const countOf = ({ peerId, report }: SeederView) => ({ peerId, bytesRead: report?.originBytesRead ?? 0 })

const reportOf = ({ report }: TrackerClientView, key: string): ArtifactReport | undefined =>
  report?.artifacts.find((one) => swarmKey(one.swarmId) === key)
