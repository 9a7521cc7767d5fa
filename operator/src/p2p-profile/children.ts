// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cleanupFinalizer, labels, type P2PProfile, p2pProfiles } from '@patchswarm/api'
import {
  type Client,
  DAEMON_SET,
  type Informer,
  type KubeObject,
  type Resource,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '@patchswarm/kube'
import type { Caches } from '../caches.ts'

/** One of the kinds that stand for a profile in the operator's namespace. */
export interface ChildKind {
  readonly resource: Resource<KubeObject>
  readonly cacheIn: (caches: Caches) => Informer<KubeObject>
}

export const childKinds: readonly ChildKind[] = [
  { resource: DAEMON_SET, cacheIn: (caches) => caches.daemonSets },
  { resource: STATEFUL_SET, cacheIn: (caches) => caches.statefulSets },
  { resource: SERVICE, cacheIn: (caches) => caches.services },
  { resource: SERVICE_ACCOUNT, cacheIn: (caches) => caches.serviceAccounts },
]

export const belongsTo = ({ metadata: { name } }: P2PProfile): string => `${labels.profile}=${name}`

/** The very object that was seen, and its Pods after it. */
export async function removeChild(
  client: Client,
  resource: Resource<KubeObject>,
  { metadata: { name, namespace, uid } }: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const options = { ...(uid ? { uid } : {}), propagationPolicy: 'Background' } as const
  await client.for(resource).delete(name, namespace, options, signal)
}

/** @returns the profile as it was written */
export async function setFinalizer(
  client: Client,
  { metadata }: P2PProfile,
  present: boolean,
  signal: AbortSignal,
): Promise<P2PProfile> {
  const others = (metadata.finalizers ?? []).filter((one) => one !== cleanupFinalizer)
  const finalizers = present ? [...others, cleanupFinalizer] : others
  // With the version that was read: a list is replaced as a whole, and somebody may have added theirs meanwhile.
  const patch = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } }
  return await client.for(p2pProfiles).patch(metadata.name, undefined, patch, signal)
}
