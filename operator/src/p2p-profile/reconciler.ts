// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type P2PProfile, type P2PProfileStatus, p2pProfiles } from '@patchswarm/api'
import { type Reconcile, splitKey } from '@patchswarm/kube'
import { essenceBy } from '../essence.ts'
import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { createStatusWriter } from '../status-writer.ts'
import { apply } from './apply.ts'
import { createDownClocks } from './down-clocks.ts'
import { gather } from './gather.ts'
import { plan } from './plan.ts'

const progressEveryMs = 2000

export function p2pProfileReconciler(parts: Parts): Reconcile {
  const { client, caches, events, term, now } = parts
  const cleaning = createCleaningClock(now)
  onGone(caches.profiles, term, cleaning.forget)
  const downClock = () => createDownClocks(caches.profiles, parts)
  const downClocks = { agents: downClock(), seeders: downClock() }
  const status = createStatusWriter<P2PProfile, P2PProfileStatus>({
    api: client.for(p2pProfiles),
    cache: caches.profiles,
    events,
    essence: essenceBy(),
    progressEveryMs,
    term,
    now,
  })
  return async (key, signal, giveWay) => {
    const profile = caches.profiles.get(splitKey(key).name)
    if (!profile) return {}
    const observed = await gather(parts, profile, cleaning.since(profile), downClocks, giveWay)
    await giveWay()
    const planned = plan(observed)
    if (!planned) return {}
    await apply(parts, profile, planned, signal)
    // Adding the finalizer has made a newer version of the object, on which the status write is based.
    const newest = caches.profiles.get(profile.metadata.name) ?? profile
    const heldBackMs = planned.status && (await status.write(newest, planned.status, planned.events, signal))
    const requeueAfterMs = planned.requeueAfterMs ?? heldBackMs
    return requeueAfterMs === undefined ? {} : { requeueAfterMs }
  }
}

/**
 * Since when a profile has been going. Not in the status: a new leader waits once more for the bounded time, for it is
 * the one to which the agents now connect.
 */
function createCleaningClock(now: () => number) {
  const started = new Map<string, number>()
  return {
    since({ metadata: { uid = '', deletionTimestamp }, spec }: P2PProfile): number | undefined {
      if (deletionTimestamp === undefined && spec.enabled) {
        started.delete(uid)
        return undefined
      }
      const since = started.get(uid) ?? now()
      started.set(uid, since)
      return since
    },
    forget: (uid: string) => void started.delete(uid),
  }
}
