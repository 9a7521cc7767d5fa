// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, type DistributionJobStatus, distributionJobs } from '@patchswarm/api'
import { type Reconcile, splitKey } from '@patchswarm/kube'
import { essenceBy } from '../essence.ts'
import { createDownClocks } from '../p2p-profile/down-clocks.ts'
import type { Parts } from '../parts.ts'
import { createStatusWriter } from '../status-writer.ts'
import { createAnnouncer, withRemark } from './announce.ts'
import { createAll, removeAll, removeJob, writeAll } from './apply.ts'
import { gather } from './gather.ts'
import { plan } from './plan.ts'
import { createStallClocks } from './stall-clocks.ts'

/** A job's status is written at most this often while only its progress changes. */
const progressEveryMs = 2000

export function distributionJobReconciler(parts: Parts): Reconcile {
  const { client, caches, events, term, now } = parts
  const status = createStatusWriter<DistributionJob, DistributionJobStatus>({
    api: client.for(distributionJobs),
    cache: caches.jobs,
    events,
    essence: essenceBy(
      'desired',
      'waiting',
      'active',
      'succeeded',
      'failed',
      'skipped',
      'wave',
      'startTime',
      'completionTime',
      'failedNodes',
      'skippedNodes',
    ),
    progressEveryMs,
    term,
    now,
  })
  const clocks = { stall: createStallClocks(parts), away: createDownClocks(caches.jobs, parts) }
  const announce = createAnnouncer(parts)
  return async (key, signal, giveWay) => {
    const { name, namespace } = splitKey(key)
    const job = caches.jobs.get(name, namespace)
    if (!job) return {}
    const observed = await gather(parts, clocks, job, giveWay)
    await giveWay()
    const planned = plan(observed)
    if (!planned) return {}
    await giveWay()
    if (planned.expired) return await removeJob(parts, job, signal)
    await createAll(parts, planned.create, signal)
    await removeAll(parts, planned.remove, signal)
    await writeAll(parts, planned.rows, signal)
    // Before the status: once that says Complete, nobody looks again.
    const said = withRemark(planned, job.status, await announce(planned.announce, signal))
    const heldBackMs = await status.write(job, said.status, said.events, signal)
    return soonest(heldBackMs, planned.requeueAfterMs)
  }
}

function soonest(...times: (number | undefined)[]): { requeueAfterMs?: number } {
  const known = times.filter((one) => one !== undefined)
  return known.length > 0 ? { requeueAfterMs: Math.min(...known) } : {}
}
