// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash } from 'node:crypto'

export const apiGroup = 'patchswarm.dev'
export const apiVersion = 'patchswarm.dev/v1alpha1'

/** Labels of what the operator makes; values are names of at most 63 characters. */
export const labels = {
  profile: 'patchswarm.dev/profile',
  role: 'patchswarm.dev/role',
  job: 'patchswarm.dev/job',
  artifact: 'patchswarm.dev/artifact',
} as const

const handOverDomain = 'delivered.patchswarm.dev'

/** The annotation of a Node by which a job says what it has delivered there; no other namespace's job can write the same. */
export const handOverKey = (namespace: string, name: string): string =>
  `${namespace}.${handOverDomain}/${name}`

export const isHandOverKey = (key: string): boolean =>
  key.split('/')[0]?.endsWith(`.${handOverDomain}`) ?? false

/** Holds an object until what nodes keep for it is gone. */
export const cleanupFinalizer = 'patchswarm.dev/cleanup'

export const fieldManager = 'patchswarm-operator'
/** Audience of the projected tokens by which Pods prove their node to the tracker. */
export const tokenAudience = 'patchswarm'

export const operatorNamespace = 'patchswarm-system'
export const operatorServiceAccount = 'patchswarm-operator'
/** Secret with the operator's Ed25519 seed. */
export const operatorKeySecret = 'patchswarm-operator-key'
/** ConfigMap of the nodes whose memberships are void, by name of the node. */
export const revokedNodesConfigMap = 'patchswarm-revoked-nodes'
export const operatorLease = 'patchswarm-operator'

/** What an agent program runs as: the node's part or the reader of origins. */
export type Role = 'agent' | 'seeder'

/** Name of everything the operator makes for one profile and role: DaemonSet or StatefulSet, Service, ServiceAccount. */
export function workloadName(profile: string, role: Role): string {
  return `patchswarm-${profile}-${role}`
}

/** The user that TokenReview names for a Pod of this profile and role. */
export function serviceAccountUser(namespace: string, profile: string, role: Role): string {
  return `system:serviceaccount:${namespace}:${workloadName(profile, role)}`
}

const hashLength = 12
const nameMaxLength = 63

/**
 * Name of the NodeDistribution of one job and node: the same for the same two, so that making it twice is harmless, and
 * another one for a job that was deleted and made again under its old name.
 */
export function nodeDistributionName(job: { name: string; uid: string }, nodeName: string): string {
  const hash = createHash('sha256').update(`${job.uid}/${nodeName}`).digest('hex').slice(0, hashLength)
  const prefix = job.name.slice(0, nameMaxLength - hashLength - 1).replace(/[^a-z0-9]+$/, '')
  return `${prefix}-${hash}`
}
