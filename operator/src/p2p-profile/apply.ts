// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cleanupFinalizer, type P2PProfile, p2pProfiles } from '@patchswarm/api'
import {
  DAEMON_SET,
  type Informer,
  type KubeObject,
  type Resource,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '@patchswarm/kube'
import type { Parts } from '../parts.ts'
import type { Plan } from './plan.ts'

/** Makes the cluster as the plan has it: finalizer first, then what is missing or differs, then what has to go. */
export async function apply(
  parts: Parts,
  profile: P2PProfile,
  plan: Plan,
  signal: AbortSignal,
): Promise<void> {
  if (plan.finalizer === 'add') await setFinalizer(parts, profile, true, signal)
  for (const object of plan.apply) await applyChild(parts, object, signal)
  for (const object of plan.remove) await removeChild(parts, object, signal)
  if (plan.finalizer === 'remove') await setFinalizer(parts, profile, false, signal)
}

async function setFinalizer(
  { client, caches }: Parts,
  { metadata }: P2PProfile,
  present: boolean,
  signal: AbortSignal,
): Promise<void> {
  const others = (metadata.finalizers ?? []).filter((one) => one !== cleanupFinalizer)
  const finalizers = present ? [...others, cleanupFinalizer] : others
  // With the version that was read: a list is replaced as a whole, and somebody may have added theirs meanwhile.
  const patch = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } }
  const written = await client.for(p2pProfiles).patch(metadata.name, undefined, patch, signal)
  // One that was being deleted is gone now, and only the watch says so.
  if (!metadata.deletionTimestamp) caches.profiles.observe(written)
}

async function applyChild(parts: Parts, object: KubeObject, signal: AbortSignal): Promise<void> {
  const { resource, cache } = whereIs(parts, object)
  cache.observe(await parts.client.for(resource).apply(object, signal))
}

async function removeChild(parts: Parts, object: KubeObject, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid } = object.metadata
  const { resource } = whereIs(parts, object)
  await parts.client
    .for(resource)
    .delete(name, namespace, { ...(uid ? { uid } : {}), propagationPolicy: 'Background' }, signal)
}

interface Place {
  resource: Resource<KubeObject>
  cache: Informer<KubeObject>
}

function whereIs({ caches }: Parts, { kind }: KubeObject): Place {
  const places: Record<string, unknown> = {
    DaemonSet: { resource: DAEMON_SET, cache: caches.daemonSets },
    StatefulSet: { resource: STATEFUL_SET, cache: caches.statefulSets },
    Service: { resource: SERVICE, cache: caches.services },
    ServiceAccount: { resource: SERVICE_ACCOUNT, cache: caches.serviceAccounts },
  }
  return places[kind ?? ''] as Place
}
