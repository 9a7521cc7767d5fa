// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { KubeObject } from '@patchswarm/kube'
import type { Parts } from '../parts.ts'
import { type ChildKind, childKinds, removeChild, setFinalizer } from './children.ts'
import type { Plan } from './plan.ts'

/** Makes the cluster as the plan has it: finalizer first, then what is missing or differs, then what has to go. */
export async function apply(
  parts: Parts,
  profile: P2PProfile,
  plan: Plan,
  signal: AbortSignal,
): Promise<void> {
  const { client, caches } = parts
  if (plan.finalizer === 'add') await hold(parts, profile, true, signal)
  for (const object of plan.apply) {
    const { resource, cacheIn } = kindOf(object)
    cacheIn(caches).observe(await client.for(resource).apply(object, signal))
  }
  for (const object of plan.remove) await removeChild(client, kindOf(object).resource, object, signal)
  if (plan.finalizer === 'remove') await hold(parts, profile, false, signal)
}

async function hold(
  { client, caches }: Parts,
  profile: P2PProfile,
  held: boolean,
  signal: AbortSignal,
): Promise<void> {
  const written = await setFinalizer(client, profile, held, signal)
  // One that was being deleted is gone now, and only the watch says so.
  if (!profile.metadata.deletionTimestamp) caches.profiles.observe(written)
}

function kindOf({ kind }: KubeObject): ChildKind {
  const found = childKinds.find(({ resource }) => resource.kind === kind)
  if (!found) throw new TypeError(`${kind} is no kind of a profile's children`)
  return found
}
