// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, labels, type NodeDistribution } from '@patchswarm/api'
import { type KubeObject, keyOf, keyOfObject, type Node, type WorkQueue } from '@patchswarm/kube'
import { swarmKey } from '@patchswarm/swarm/manifest'
import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import type { Caches } from './caches.ts'
import { isOver } from './job-state.ts'
import { isEqual } from './merge-patch.ts'
import { isFinished } from './node-progress.ts'
import type { Parts } from './parts.ts'
import { isOnlyProgress } from './row-change.ts'
import { hasSameSpec } from './same-spec.ts'
import { swarmOf } from './swarm.ts'

export interface Queues {
  profiles: WorkQueue
  artifacts: WorkQueue
  jobs: WorkQueue
  nodeDistributions: WorkQueue
}

type Stop = () => void

/** In a large job rows change by the hundred a second, and each look at it reads all of them. */
const rowsEveryMs = 100

/** When a cluster starts its Nodes change by the hundred, and a profile looks at all of them. */
const nodesEveryMs = 500

/**
 * Clients come by the hundred a second, and begin to hold an artifact together. What follows from how many there are
 * waits so long, and is then found out once for all of them.
 */
const membersEveryMs = 250

/** Pods come up by the hundred, too. */
const podsEveryMs = 200

/** A report touches the profile in what the caches take: nobody waits for that. */
const cachesEveryMs = 10_000

/** An agent's report touches artifacts only in how many hold them: that can wait so long. */
const holdersEveryMs = 2000

/** Adds to the queues whatever a change may matter to, and everything there is at the beginning. */
export function enqueueChanges(parts: Parts, queues: Queues): void {
  const stops = [
    ...watchOrders(parts.caches, queues),
    ...watchCluster(parts.caches, queues),
    ...watchChildren(parts.caches, queues),
    ...watchClients(parts, queues),
    watchSecrets(parts, queues),
  ]
  parts.term.addEventListener('abort', () => stops.forEach((stop) => void stop()), { once: true })
  for (const object of parts.caches.profiles.list()) queues.profiles.add(keyOfObject(object))
  for (const object of parts.caches.artifacts.list()) queues.artifacts.add(keyOfObject(object))
  for (const object of parts.caches.jobs.list()) queues.jobs.add(keyOfObject(object))
}

/** What people ask for, and how far it is. */
function watchOrders(caches: Caches, queues: Queues): Stop[] {
  return [
    caches.profiles.onChange(({ type, object, old }) => {
      queues.profiles.add(object.metadata.name)
      // What an older profile matches younger ones leave to it.
      if (type !== 'modified' || !old || !hasSameSpec(object, old)) everyProfile(caches, queues)
      addAll(
        queues.artifacts,
        caches.artifacts.list().filter((one) => one.spec.profile === object.metadata.name),
      )
      everyJob(caches, queues)
    }),
    caches.artifacts.onChange(({ object }) => {
      queues.artifacts.add(keyOfObject(object))
      const { name, namespace } = object.metadata
      const names = (job: DistributionJob) => job.spec.artifacts.some((one) => one.name === name)
      addAll(
        queues.jobs,
        caches.jobs.list().filter((job) => job.metadata.namespace === namespace && isOpen(job) && names(job)),
      )
    }),
    caches.jobs.onChange(({ object }) => queues.jobs.add(keyOfObject(object))),
    caches.nodeDistributions.onChange((change) => {
      if (isOnlyProgress(change)) return
      const { spec, metadata } = change.object
      queues.jobs.addAfter(keyOf(spec.job, metadata.namespace), rowsEveryMs)
    }),
  ]
}

/** Where it is to go, and who may ask. */
function watchCluster(caches: Caches, queues: Queues): Stop[] {
  return [
    caches.nodes.onChange(({ type, object, old }) => {
      // A heartbeat changes a Node every few seconds, and nothing that we look at.
      if (type === 'modified' && old && looksSame(old, object)) return
      everyJob(caches, queues)
      everyProfile(caches, queues)
    }),
    caches.namespaces.onChange(({ object: { metadata } }) => {
      const within = (one: KubeObject): boolean => one.metadata.namespace === metadata.name
      addAll(queues.artifacts, caches.artifacts.list().filter(within))
      addAll(
        queues.jobs,
        caches.jobs.list().filter((job) => within(job) && isOpen(job)),
      )
    }),
  ]
}

/** What the operator has made for a profile. */
function watchChildren(caches: Caches, queues: Queues): Stop[] {
  const ownedChild = ({ object }: { object: KubeObject }): void => {
    const profile = object.metadata.labels?.[labels.profile]
    if (profile) queues.profiles.add(profile)
  }
  return [
    caches.pods.onChange(({ object }) => {
      const profile = object.metadata.labels?.[labels.profile]
      if (profile) queues.profiles.addAfter(profile, podsEveryMs)
    }),
    caches.daemonSets.onChange(ownedChild),
    caches.daemonSets.onChange(({ type }) => {
      // The last agents of a profile that goes leave its nodes to others.
      if (type === 'deleted') everyProfile(caches, queues)
    }),
    caches.statefulSets.onChange(ownedChild),
    caches.services.onChange(ownedChild),
    caches.serviceAccounts.onChange(ownedChild),
  ]
}

function watchSecrets({ caches, secrets }: Parts, queues: Queues): Stop {
  return secrets.onChange((namespaces) => {
    const within = (one: KubeObject): boolean => namespaces.has(one.metadata.namespace ?? '')
    addAll(queues.artifacts, caches.artifacts.list().filter(within))
  })
}

function watchClients({ caches, tracker, roster }: Parts, queues: Queues): Stop[] {
  const index = byNode(caches)
  const members = ({ identity: { profile, role } }: TrackerClientView): void => {
    const soonMs = role === 'seeder' ? 0 : membersEveryMs
    queues.profiles.addAfter(profile, soonMs)
    for (const one of caches.artifacts.list())
      if (one.spec.profile === profile) queues.artifacts.addAfter(keyOfObject(one), soonMs)
    for (const job of caches.jobs.list())
      if (isOpen(job)) queues.jobs.addAfter(keyOfObject(job), Math.min(soonMs, rowsEveryMs))
  }
  const reported = ({ identity: { profile, role, node }, report }: TrackerClientView): void => {
    queues.profiles.addAfter(profile, report?.wiped ? membersEveryMs : cachesEveryMs)
    const spoken = new Set(report?.artifacts.map((one) => swarmKey(one.swarmId)))
    for (const one of caches.artifacts.list()) {
      if (one.spec.profile !== profile || !spoken.has(swarmOf(one).key)) continue
      if (role === 'seeder') queues.artifacts.add(keyOfObject(one))
      else queues.artifacts.addAfter(keyOfObject(one), holdersEveryMs)
    }
    if (role === 'agent') for (const key of index.on(node)) queues.nodeDistributions.add(key)
  }
  /** Delivered files are others by now. */
  const changed = ({ report }: TrackerClientView): void => {
    if (report?.changed.length) addAll(queues.jobs, caches.jobs.list().filter(keepsCurrent))
  }
  return [roster.onMembers(members), tracker.onReport(reported), tracker.onReport(changed), index.stop]
}

/** Keys of the unfinished NodeDistributions of each node. */
function byNode({ nodeDistributions }: Caches) {
  const keys = new Map<string, Set<string>>()
  const put = (object: NodeDistribution, gone: boolean): void => {
    const { nodeName } = object.spec
    const own = keys.get(nodeName) ?? new Set()
    if (gone || isFinished(object)) own.delete(keyOfObject(object))
    else own.add(keyOfObject(object))
    if (own.size > 0) keys.set(nodeName, own)
    else keys.delete(nodeName)
  }
  for (const object of nodeDistributions.list()) put(object, false)
  const stop = nodeDistributions.onChange(({ type, object }) => put(object, type === 'deleted'))
  return { on: (node: string): string[] => [...(keys.get(node) ?? [])], stop }
}

const everyJob = (caches: Caches, queues: Queues): void => {
  addAll(queues.jobs, caches.jobs.list().filter(isOpen))
}

const everyProfile = (caches: Caches, queues: Queues): void => {
  for (const { metadata } of caches.profiles.list()) queues.profiles.addAfter(metadata.name, nodesEveryMs)
}

const addAll = (queue: WorkQueue, objects: readonly KubeObject[]): void => {
  for (const object of objects) queue.add(keyOfObject(object))
}

const keepsCurrent = ({ spec }: DistributionJob): boolean => spec.completionPolicy === 'KeepCurrent'

const isOpen = (job: DistributionJob): boolean => !isOver(job)

const looksSame = (a: Node, b: Node): boolean =>
  isEqual(a.metadata.labels, b.metadata.labels) &&
  isEqual(a.spec, b.spec) &&
  isEqual(a.status?.conditions, b.status?.conditions)
