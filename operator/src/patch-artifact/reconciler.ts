// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type PatchArtifact, type PatchArtifactStatus, patchArtifacts } from '@patchswarm/api'
import { type Reconcile, splitKey } from '@patchswarm/kube'
import { essenceBy } from '../essence.ts'
import { onGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { createStatusWriter } from '../status-writer.ts'
import { gather } from './gather.ts'
import { createOriginLedger } from './origin-ledger.ts'
import { plan } from './plan.ts'

const progressEveryMs = 2000

export function patchArtifactReconciler(parts: Parts): Reconcile {
  const { client, caches, events, term, now } = parts
  const ledger = createOriginLedger()
  onGone(caches.artifacts, term, ledger.forget)
  const status = createStatusWriter<PatchArtifact, PatchArtifactStatus>({
    api: client.for(patchArtifacts),
    cache: caches.artifacts,
    events,
    essence: essenceBy('cid', 'digest', 'sha256', 'signature', 'chunks', 'chunkSize', 'seeders'),
    progressEveryMs,
    term,
    now,
  })
  return async (key, signal, giveWay) => {
    const { name, namespace } = splitKey(key)
    const artifact = caches.artifacts.get(name, namespace)
    if (!artifact) return {}
    const planned = plan(await gather(parts, ledger, artifact, giveWay))
    if (!planned) return {}
    const heldBackMs = await status.write(artifact, planned.status, planned.events, signal)
    return heldBackMs === undefined ? {} : { requeueAfterMs: heldBackMs }
  }
}
