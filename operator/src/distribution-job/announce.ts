// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJobStatus, shortenMessage } from '@patchswarm/api'
import { isForbidden, NODE, type PlannedEvent } from '@patchswarm/kube'
import { unlessGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { someAtATime } from './apply.ts'
import type { Announcement } from './hand-over.ts'

/** What is not allowed is not tried again for so long. */
const forbiddenForMs = 10 * 60_000

/** What has come of announcements: a sentence for the job while they are not allowed, an Event when that was found out. */
interface Outcome {
  readonly remark?: string
  readonly events: readonly PlannedEvent[]
}

/**
 * Writes what nodes say of themselves. Without the permission to do so, which is given separately, the job goes on and
 * says what is missing.
 */
export function createAnnouncer({ client, caches, now }: Parts) {
  const api = client.for(NODE)
  let forbiddenUntil = 0
  return async (all: readonly Announcement[], signal: AbortSignal): Promise<Outcome> => {
    const wasForbidden = now() < forbiddenUntil
    await someAtATime(all, async ({ node, key, value }) => {
      if (now() < forbiddenUntil) return
      const patch = { metadata: { annotations: { [key]: value } } }
      try {
        const written = await unlessGone(api.patch(node, undefined, patch, signal))
        if (written) caches.nodes.observe(written)
      } catch (error) {
        if (!isForbidden(error)) throw error
        forbiddenUntil = now() + forbiddenForMs
      }
    })
    if (all.length === 0 || now() >= forbiddenUntil) return { events: [] }
    return { remark: forbidden.message, events: wasForbidden ? [] : [forbidden] }
  }
}

const forbidden: PlannedEvent = {
  type: 'Warning',
  reason: 'HandOverForbidden',
  message:
    'spec.handOver asks for an annotation on nodes, and the operator may not patch nodes: set handOver.enabled of the chart or apply deploy/rbac-hand-over.yaml, or leave spec.handOver out.',
}

/** The status with a further sentence after what each condition says. */
export const withRemark = (status: DistributionJobStatus, remark: string): DistributionJobStatus => ({
  ...status,
  conditions: (status.conditions ?? []).map((one) => ({
    ...one,
    message: shortenMessage(`${one.message} ${remark}`),
  })),
})
