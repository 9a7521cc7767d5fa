// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import type { Caches } from '../caches.ts'
import { namespaceView } from '../namespaces.ts'
import { belongsTo, isFinished, progressOf } from '../node-progress.ts'
import type { Parts } from '../parts.ts'
import type { Observed } from './observed.ts'

/** One read of the caches and the tracker for one decision about the job. */
export function gather(parts: Parts, job: DistributionJob): Observed {
  const { caches, roster, settings } = parts
  const { namespace } = job.metadata
  const artifacts = job.spec.artifacts.map((one) => caches.artifacts.get(one.name, namespace))
  const profileName = artifacts.find((one) => one !== undefined)?.spec.profile ?? ''
  const nodeDistributions = caches.nodeDistributions.list().filter((one) => belongsTo(one, job))
  return {
    job,
    artifacts,
    profile: caches.profiles.get(profileName),
    namespace: namespaceView(caches.namespaces, namespace),
    operatorNamespace: settings.namespace,
    nodes: caches.nodes.list(),
    nodeDistributions,
    connected: new Set(roster.clients(profileName, 'agent').map((one) => one.identity.node)),
    live: liveOf(parts, profileName, nodeDistributions),
    now: new Date(parts.now()),
  }
}

function liveOf(
  { roster }: Parts,
  profile: string,
  objects: readonly ReturnType<Caches['nodeDistributions']['list']>[number][],
): Observed['live'] {
  const live = new Map<string, NonNullable<ReturnType<typeof progressOf>>>()
  for (const object of objects) {
    if (isFinished(object)) continue
    const progress = progressOf(object, roster.agentOn(profile, object.spec.nodeName)?.report)
    if (progress) live.set(object.metadata.name, progress)
  }
  return live
}
