// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution, P2PProfile, PatchArtifact } from '@patchswarm/api'
import { namespaceAllowed } from '../admission.ts'
import type { Caches } from '../caches.ts'
import { isOver } from '../job-state.ts'
import { namespaceView } from '../namespaces.ts'
import { isFinished, isRefused, jobUidOf } from '../node-progress.ts'
import { mayDeliver, signatureOf } from '../patch-artifact/signature.ts'
import type { Work } from './desired.ts'

/** Artifacts of a profile that its clients may hold: the namespace is admitted, the object stays and no wrong hand signed it. */
export function artifactsOf(
  caches: Pick<Caches, 'artifacts' | 'namespaces'>,
  profile: P2PProfile,
  operatorNamespace: string,
): PatchArtifact[] {
  return caches.artifacts
    .list()
    .filter((one) => one.spec.profile === profile.metadata.name && !one.metadata.deletionTimestamp)
    .filter((one) => signatureOf(one).state !== 'invalid')
    .filter((one) =>
      namespaceAllowed(profile, namespaceView(caches.namespaces, one.metadata.namespace), operatorNamespace),
    )
}

/** Work that is to be done by the agents of a profile, by node. */
export function workByNode(caches: Caches, artifacts: readonly PatchArtifact[]): Map<string, Work[]> {
  return Map.groupBy(
    workIn(caches, artifacts, caches.nodeDistributions.list()),
    ({ object }) => object.spec.nodeName,
  )
}

/** Of one node. */
export const workOn = (caches: Caches, artifacts: readonly PatchArtifact[], node: string): Work[] =>
  workIn(
    caches,
    artifacts,
    caches.nodeDistributions.list().filter(({ spec }) => spec.nodeName === node),
  )

function workIn(
  caches: Caches,
  artifacts: readonly PatchArtifact[],
  rows: readonly NodeDistribution[],
): Work[] {
  const admitted = byName(artifacts)
  return rows
    .filter((row) => !(isFinished(row) || isRefused(row) || row.metadata.deletionTimestamp))
    .flatMap((row) => workOf(caches, row, admitted) ?? [])
}

/** What jobs that keep nodes current have delivered, by node: it is to stay as it is. */
export function keptByNode(caches: Caches, artifacts: readonly PatchArtifact[]): Map<string, Work[]> {
  const kept = new Map<string, Work[]>()
  if (!caches.jobs.list().some(({ spec }) => spec.completionPolicy === 'KeepCurrent')) return kept
  const admitted = byName(artifacts)
  for (const object of caches.nodeDistributions.list()) {
    if (object.status?.state !== 'Delivered' || object.metadata.deletionTimestamp) continue
    const one = workOf(caches, object, admitted)
    if (one?.job.spec.completionPolicy !== 'KeepCurrent') continue
    const { nodeName } = object.spec
    kept.set(nodeName, [...(kept.get(nodeName) ?? []), one])
  }
  return kept
}

const byName = (artifacts: readonly PatchArtifact[]): ReadonlyMap<string, PatchArtifact> =>
  new Map(artifacts.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]))

/** Whether a job that is not finished names the artifact. */
export function wantedByJobs(caches: Caches): (artifact: PatchArtifact) => boolean {
  const open = caches.jobs.list().filter((job) => !isOver(job) && !job.metadata.deletionTimestamp)
  const names = new Set(
    open.flatMap(({ metadata, spec }) => spec.artifacts.map(({ name }) => `${metadata.namespace}/${name}`)),
  )
  return ({ metadata }) => names.has(`${metadata.namespace}/${metadata.name}`)
}

/** Undefined when the job is gone (or another one has its name now), or an artifact is not this profile's to hold. */
function workOf(
  caches: Caches,
  object: NodeDistribution,
  admitted: ReadonlyMap<string, PatchArtifact>,
): Work | undefined {
  const { namespace } = object.metadata
  const job = caches.jobs.get(object.spec.job, namespace)
  if (!job || job.metadata.uid !== jobUidOf(object) || job.metadata.deletionTimestamp) return undefined
  // A node that comes back after the job is over begins nothing.
  if (isOver(job)) return undefined
  const artifacts = object.spec.artifacts.map((one) => admitted.get(`${namespace}/${one.name}`))
  // Before the signature is found right nobody is told that the file is to be delivered.
  return artifacts.every((one) => one !== undefined && mayDeliver(one))
    ? { object, job, artifacts: artifacts as PatchArtifact[] }
    : undefined
}
