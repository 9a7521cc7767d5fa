// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, labels, type NodeDistribution, workloadName } from '@patchswarm/api'
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

/** One read of the caches and the tracker for one decision about the job. */
export function gather(parts: Parts, clocks: StallClocks, job: DistributionJob): Observed {
  const { caches, roster, settings, tracker } = parts
  const { namespace } = job.metadata
  const artifacts = job.spec.artifacts.map((one) => caches.artifacts.get(one.name, namespace))
  const profileName = artifacts.find((one) => one !== undefined)?.spec.profile ?? ''
  const rows = caches.nodeDistributions.list()
  const nodeDistributions = rows.filter((one) => belongsTo(one, job))
  const profile = caches.profiles.get(profileName)
  const agents = new Map(
    roster
      .clients(profileName, 'agent')
      .map((one) => [one.identity.node, { version: one.agentVersion, protocol: one.protocolVersion }]),
  )
  const connected = new Set(agents.keys())
  const old = tooOld(job, artifacts, agents)
  const live = liveOf(parts, profileName, nodeDistributions)
  const now = new Date(parts.now())
  const nodes = caches.nodes.list()
  const rivals = profile ? rivalsNow(profile, caches, settings.namespace) : []
  const absence = absenceOfRows({ nodes, profile, rivals, connected, now })
  const atWork = nodeDistributions
    .filter((one) => !isFinished(one))
    .map((object) => ({
      object,
      progress: live.get(object.metadata.name),
      connected: connected.has(object.spec.nodeName),
      absent: absence(object) !== undefined,
    }))
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
    claims: Map.groupBy(
      claimsOf(job, artifacts, {
        jobs: caches.jobs.list(),
        rows,
        artifact: (name, namespace) => caches.artifacts.get(name, namespace),
      }),
      ({ node }) => node,
    ),
    replacers: replacersOf(job, caches, settings.namespace),
    changed: changedRows(parts, profileName, nodeDistributions),
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

/** Reports name deliveries, each of one try: what an agent says of an earlier one is of before its repair. */
function changedRows({ roster }: Parts, profile: string, rows: readonly NodeDistribution[]): Set<string> {
  const changed = rows.filter((row) => {
    const said = roster.agentOn(profile, row.spec.nodeName)?.report?.changed ?? []
    if (said.length === 0) return false
    const { attempt } = row.status ?? {}
    return row.spec.artifacts.some(({ name }) =>
      said.includes(deliveryId(jobUidOf(row) ?? '', name, attempt)),
    )
  })
  return new Set(changed.map((row) => row.metadata.name))
}

function liveOf({ roster }: Parts, profile: string, objects: readonly NodeDistribution[]): Observed['live'] {
  const live = new Map<string, NonNullable<ReturnType<typeof progressOf>>>()
  for (const object of objects) {
    if (isFinished(object)) continue
    const progress = progressOf(object, roster.agentOn(profile, object.spec.nodeName)?.report)
    if (progress) live.set(object.metadata.name, progress)
  }
  return live
}
