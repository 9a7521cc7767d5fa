// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition, isConditionTrue, type PatchArtifact } from '@patchswarm/api'
import { directoryAllowed, namespaceAllowed, rootsOf } from '../admission.ts'
import { mayDeliver } from '../patch-artifact/signature.ts'
import { stalled, type Verdict, working } from '../verdict.ts'
import type { Observed } from './observed.ts'
import { samePath } from './paths.ts'

type Check = (observed: Observed) => Verdict | undefined

/** Why the job cannot run at all, in the order in which a user would mend it. */
const refusals: readonly Check[] = [
  artifactMissing,
  profilesDiffer,
  profileMissing,
  profileDisabled,
  namespaceRefused,
  directoryRefused,
  pathsCollide,
]

/** Why it may not start nodes yet. */
const waits: readonly Check[] = [artifactFailed, artifactNotReady]

export const refusalOf = (observed: Observed): Verdict | undefined => first(refusals, observed)

export const waitOf = (observed: Observed): Verdict | undefined => first(waits, observed)

function first(checks: readonly Check[], observed: Observed): Verdict | undefined {
  for (const check of checks) {
    const verdict = check(observed)
    if (verdict) return verdict
  }
  return undefined
}

function artifactMissing({ job, artifacts }: Observed): Verdict | undefined {
  const index = artifacts.indexOf(undefined)
  if (index < 0) return undefined
  const name = job.spec.artifacts[index]?.name
  const where = job.metadata.namespace
  return working(
    'WaitingForArtifact',
    `There is no PatchArtifact ${name} in namespace ${where} yet; the job starts once it is there and Ready.`,
  )
}

function profilesDiffer({ artifacts }: Observed): Verdict | undefined {
  const profiles = [...new Set(artifacts.map((one) => one?.spec.profile))]
  if (profiles.length < 2) return undefined
  return stalled(
    'ProfilesDiffer',
    `The artifacts belong to several profiles (${profiles.join(', ')}); make one DistributionJob for each profile.`,
  )
}

function profileMissing({ artifacts, profile }: Observed): Verdict | undefined {
  if (profile) return undefined
  return working(
    'WaitingForProfile',
    `There is no P2PProfile ${artifacts[0]?.spec.profile} yet; the job starts once it is there.`,
  )
}

function profileDisabled({ profile }: Observed): Verdict | undefined {
  if (!profile || (profile.spec.enabled && !profile.metadata.deletionTimestamp)) return undefined
  const why = profile.metadata.deletionTimestamp ? 'is being deleted' : 'is disabled (spec.enabled: false)'
  return working('WaitingForProfile', `P2PProfile ${profile.metadata.name} ${why}.`)
}

function namespaceRefused({ job, profile, namespace, operatorNamespace }: Observed): Verdict | undefined {
  if (!profile || namespaceAllowed(profile, namespace, operatorNamespace)) return undefined
  const rule = profile.spec.allowedNamespaces
    ? 'its labels do not match spec.allowedNamespaces of the profile'
    : `without spec.allowedNamespaces only ${operatorNamespace} may use it`
  return stalled(
    'NamespaceNotAllowed',
    `Namespace ${job.metadata.namespace} may not use P2PProfile ${profile.metadata.name}: ${rule}.`,
  )
}

function directoryRefused({ job, profile }: Observed): Verdict | undefined {
  const namespace = job.metadata.namespace ?? ''
  const { directory } = job.spec.delivery
  if (!profile || directory === undefined || directoryAllowed(profile, namespace, directory)) return undefined
  const roots = rootsOf(profile, namespace)
  const advice =
    roots.length > 0 ? `use a directory below ${roots.join(' or ')}` : 'it has none for this namespace'
  return stalled(
    'DirectoryNotAllowed',
    `${directory} is not below an allowed root (spec.delivery.allowedRoots) of P2PProfile ${profile.metadata.name}: ${advice}.`,
  )
}

function pathsCollide({ job, artifacts }: Observed): Verdict | undefined {
  const same = samePath(job, artifacts)
  if (!same) return undefined
  return stalled(
    'PathConflict',
    `PatchArtifacts ${same.names.join(' and ')} would both be ${same.path}: give one another spec.fileName, or make a job for each.`,
  )
}

function artifactFailed({ artifacts }: Observed): Verdict | undefined {
  const failed = artifacts.find((one) => isConditionTrue(one?.status?.conditions, 'Stalled'))
  if (!failed) return undefined
  const why = findCondition(failed.status?.conditions, 'Stalled')
  return stalled('ArtifactFailed', `PatchArtifact ${failed.metadata.name}: ${why?.reason}: ${why?.message}`)
}

/** Nodes may begin while the artifact is still read: they get what the seeder has so far. */
function artifactNotReady({ artifacts }: Observed): Verdict | undefined {
  const waiting = artifacts.find((one) => one !== undefined && !isReady(one) && !isBeingRead(one))
  if (!waiting) return undefined
  const ready = findCondition(waiting.status?.conditions, 'Ready')
  const how = ready ? `${ready.reason}: ${ready.message}` : 'it has no status yet'
  return working('WaitingForArtifact', `PatchArtifact ${waiting.metadata.name} is not Ready: ${how}`)
}

const isReady = ({ status }: PatchArtifact): boolean =>
  status?.cid !== undefined && isConditionTrue(status.conditions, 'Ready')

/** Known by its digest and signed, with a size, and cut in a way that is known before the last byte: else nobody could say what a chunk is. */
const isBeingRead = (artifact: PatchArtifact): boolean =>
  findCondition(artifact.status?.conditions, 'Ready')?.reason === 'Ingesting' &&
  (artifact.status?.size ?? 0) > 0 &&
  artifact.spec.chunking?.strategy !== 'ContentDefined' &&
  mayDeliver(artifact)
