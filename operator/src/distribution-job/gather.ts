// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, labels, type NodeDistribution, workloadName } from '@patchswarm/api'
import { type GiveWay, mapInSlices } from '@patchswarm/kube'
import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import { namespaceView } from '../namespaces.ts'
import { belongsTo, deliveryId, isFinished, jobUidOf, progressOf } from '../node-progress.ts'
import type { DownClocks } from '../p2p-profile/down-clocks.ts'
import { agentsToRoll } from '../p2p-profile/rolling.ts'
import { type Rival, rivalsNow } from '../p2p-profile/territory.ts'
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
  clocks: { readonly stall: StallClocks; readonly away: DownClocks },
  job: DistributionJob,
  giveWay: GiveWay,
): Promise<Observed> {
  const { caches, settings, tracker } = parts
  const lists = listsOf(parts, job)
  const { artifacts, profileName, profile, nodes, rows, agents, now } = lists
  await giveWay()
  const old = tooOld(job, artifacts, agents)
  const rivals = profile ? rivalsNow(profile, caches, settings.namespace) : []
  const { atWork, ...ofRows } = await lookAtRows(job, lists, rivals, giveWay)
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
    namespace: namespaceView(caches.namespaces, job.metadata.namespace),
    operatorNamespace: settings.namespace,
    nodes,
    ...ofRows,
    tooOld: old,
    agentsRoll: rollingOf(parts, profileName, [...old.keys()]),
    claims: Map.groupBy(claims, ({ node }) => node),
    replacers: replacersOf(job, caches, settings.namespace),
    awaySince: clocks.away.look(job.metadata.uid ?? '', awayOf(ofRows)),
    idleMs: clocks.stall.look(atWork, mayGoOn(job, profile, artifacts, now)),
    reportIntervalMs: reportIntervalMs(tracker.clients().length),
    now,
  }
}

type Agents = ReadonlyMap<string, TrackerClientView>

interface Lists extends Pick<Observed, 'artifacts' | 'profile' | 'nodes' | 'now'> {
  readonly profileName: string
  /** Of every job. */
  readonly rows: readonly NodeDistribution[]
  /** Those of the profile that are connected, by node. */
  readonly agents: Agents
}

function listsOf({ caches, roster, now }: Parts, job: DistributionJob): Lists {
  const artifacts = job.spec.artifacts.map((one) => caches.artifacts.get(one.name, job.metadata.namespace))
  const profileName = artifacts.find((one) => one !== undefined)?.spec.profile ?? ''
  return {
    artifacts,
    profileName,
    profile: caches.profiles.get(profileName),
    nodes: caches.nodes.list(),
    rows: caches.nodeDistributions.list(),
    agents: new Map(roster.clients(profileName, 'agent').map((one) => [one.identity.node, one])),
    now: new Date(now()),
  }
}

/** The rows of the job, and what the agents say of them. */
async function lookAtRows(
  job: DistributionJob,
  { profile, nodes, rows, agents, now }: Lists,
  rivals: readonly Rival[],
  giveWay: GiveWay,
) {
  const nodeDistributions = rows.filter((one) => belongsTo(one, job))
  const unfinished = nodeDistributions.filter((one) => !isFinished(one))
  const connected = new Set(agents.keys())
  const live = await liveOf(agents, unfinished, giveWay)
  // The clock of a node that may be left out soon stands still at once.
  const absence = absenceOfRows({
    nodes,
    profile,
    rivals,
    connected,
    awaySince: new Map(),
    reportIntervalMs: 0,
    now,
  })
  const atWork = await mapInSlices(unfinished, giveWay, (object) => ({
    object,
    progress: live.get(object.metadata.name),
    connected: connected.has(object.spec.nodeName),
    absent: absence(object) !== undefined,
  }))
  const changed = await changedRows(agents, nodeDistributions, giveWay)
  return { nodeDistributions, connected, live, changed, atWork }
}

/** Nodes that are not done, or are to try again, and whose agent is not connected. */
const awayOf = ({ nodeDistributions, connected }: Pick<Observed, 'nodeDistributions' | 'connected'>) =>
  nodeDistributions
    .filter((one) => !isFinished(one) || one.status?.state === 'Failed')
    .map(({ spec }) => spec.nodeName)
    .filter((node) => !connected.has(node))

function rollingOf({ caches, settings }: Parts, profile: string, nodes: readonly string[]): Set<string> {
  if (nodes.length === 0) return new Set()
  const set = caches.daemonSets.get(workloadName(profile, 'agent'), settings.namespace)
  const pods = caches.pods.list().filter(({ metadata }) => metadata.labels?.[labels.profile] === profile)
  return agentsToRoll(nodes, set, settings.agentImage, pods)
}

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
