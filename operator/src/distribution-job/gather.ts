// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, labels, type NodeDistribution, workloadName } from '@patchswarm/api'
import { type GiveWay, mapInSlices } from '@patchswarm/kube'
import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import { namespaceView } from '../namespaces.ts'
import { belongsTo, deliveryId, isFinished, jobUidOf, progressOf } from '../node-progress.ts'
import { agentsToRoll } from '../p2p-profile/rolling.ts'
import { rivalsNow } from '../p2p-profile/territory.ts'
import type { Parts } from '../parts.ts'
import { reportIntervalMs } from '../tracker/report-interval.ts'
import { absenceOfRows } from './absence.ts'
import { claimsOf } from './claims.ts'
import { tooOld } from './needs.ts'
import type { Observed } from './observed.ts'
import { replacersOf } from './replacers.ts'
import { mayGoOn } from './sight.ts'
import type { StallClocks } from './stall-clocks.ts'

/**
 * One read of the caches and the tracker for one decision about the job. The lists are those of one moment; what follows from
 * them for thousands of nodes comes in slices.
 */
export async function gather(
  parts: Parts,
  clocks: StallClocks,
  job: DistributionJob,
  giveWay: GiveWay,
): Promise<Observed> {
  const { caches, roster, settings, tracker } = parts
  const { namespace } = job.metadata
  const now = new Date(parts.now())
  const artifacts = job.spec.artifacts.map((one) => caches.artifacts.get(one.name, namespace))
  const profileName = artifacts.find((one) => one !== undefined)?.spec.profile ?? ''
  const profile = caches.profiles.get(profileName)
  const nodes = caches.nodes.list()
  const rows = caches.nodeDistributions.list()
  const agents = new Map(roster.clients(profileName, 'agent').map((one) => [one.identity.node, one]))
  await giveWay()
  const nodeDistributions = rows.filter((one) => belongsTo(one, job))
  const connected = new Set(agents.keys())
  const old = tooOld(job, artifacts, agents)
  const rivals = profile ? rivalsNow(profile, caches, settings.namespace) : []
  const unfinished = nodeDistributions.filter((one) => !isFinished(one))
  const live = await liveOf(agents, unfinished, giveWay)
  const absence = absenceOfRows({ nodes, profile, rivals, connected, now })
  const atWork = await mapInSlices(unfinished, giveWay, (object) => ({
    object,
    progress: live.get(object.metadata.name),
    connected: connected.has(object.spec.nodeName),
    absent: absence(object) !== undefined,
  }))
  const changed = await changedRows(agents, nodeDistributions, giveWay)
  await giveWay()
  const claims = claimsOf(job, artifacts, {
    jobs: caches.jobs.list(),
    rows,
    artifact: (name, namespace) => caches.artifacts.get(name, namespace),
  })
  await giveWay()
  return {
    job,
    artifacts,
    profile,
    rivals,
    namespace: namespaceView(caches.namespaces, namespace),
    operatorNamespace: settings.namespace,
    nodes,
    nodeDistributions,
    connected,
    tooOld: old,
    agentsRoll: rollingOf(parts, profileName, [...old.keys()]),
    live,
    claims: Map.groupBy(claims, ({ node }) => node),
    replacers: replacersOf(job, caches, settings.namespace),
    changed,
    idleMs: clocks.look(atWork, mayGoOn(job, profile, artifacts)),
    reportIntervalMs: reportIntervalMs(tracker.clients().length),
    now,
  }
}

function rollingOf({ caches, settings }: Parts, profile: string, nodes: readonly string[]): Set<string> {
  if (nodes.length === 0) return new Set()
  const set = caches.daemonSets.get(workloadName(profile, 'agent'), settings.namespace)
  const pods = caches.pods.list().filter(({ metadata }) => metadata.labels?.[labels.profile] === profile)
  return agentsToRoll(nodes, set, settings.agentImage, pods)
}

type Agents = ReadonlyMap<string, TrackerClientView>

/** Reports name deliveries, each of one try: what an agent says of an earlier one is of before its repair. */
async function changedRows(
  agents: Agents,
  rows: readonly NodeDistribution[],
  giveWay: GiveWay,
): Promise<Set<string>> {
  const isChanged = (row: NodeDistribution): boolean => {
    const said = agents.get(row.spec.nodeName)?.report?.changed ?? []
    if (said.length === 0) return false
    const { attempt } = row.status ?? {}
    return row.spec.artifacts.some(({ name }) =>
      said.includes(deliveryId(jobUidOf(row) ?? '', name, attempt)),
    )
  }
  const found = await mapInSlices(rows, giveWay, (row) => (isChanged(row) ? row.metadata.name : undefined))
  return new Set(found.filter((one) => one !== undefined))
}

async function liveOf(
  agents: Agents,
  unfinished: readonly NodeDistribution[],
  giveWay: GiveWay,
): Promise<Observed['live']> {
  const found = await mapInSlices(unfinished, giveWay, (row) => {
    const progress = progressOf(row, agents.get(row.spec.nodeName)?.report)
    return progress && ([row.metadata.name, progress] as const)
  })
  return new Map(found.filter((one) => one !== undefined))
}
