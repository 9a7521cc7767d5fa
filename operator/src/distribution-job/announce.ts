// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isForbidden, NODE, type PlannedEvent } from '@patchswarm/kube'
import { unlessGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { someAtATime } from './apply.ts'
import type { Announcement } from './hand-over.ts'

/** What is not allowed is not tried again for so long. */
const forbiddenForMs = 10 * 60_000

/**
 * Writes what nodes say of themselves. Without the permission to do so, which is given separately, the job goes on and an
 * Event says what is missing.
 */
export function createAnnouncer({ client, caches, now }: Parts) {
  const api = client.for(NODE)
  let forbiddenUntil = 0
  return async (all: readonly Announcement[], signal: AbortSignal): Promise<PlannedEvent[]> => {
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
    return wasForbidden || now() >= forbiddenUntil ? [] : [forbidden]
  }
}

const forbidden: PlannedEvent = {
  type: 'Warning',
  reason: 'HandOverForbidden',
  message:
    'spec.handOver asks for an annotation on nodes, and the operator may not patch nodes: set handOver.enabled of the chart or apply deploy/rbac-hand-over.yaml, or leave spec.handOver out.',
}
