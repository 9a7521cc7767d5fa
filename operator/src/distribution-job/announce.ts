// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJobStatus, messageMaxLength, shortenMessage } from '@patchswarm/api'
import { isForbidden, NODE, type PlannedEvent } from '@patchswarm/kube'
import { unlessGone } from '../on-gone.ts'
import type { Parts } from '../parts.ts'
import { someAtATime } from './apply.ts'
import { type Announcement, announceAgainMs } from './hand-over.ts'

/**
 * Writes what nodes say of themselves. Without the permission to do so, which is given separately, the job goes on.
 * @returns whether it may be written
 */
export function createAnnouncer({ client, caches, now }: Parts) {
  const api = client.for(NODE)
  let forbiddenUntil = 0
  const write = async ({ node, key, value }: Announcement, signal: AbortSignal): Promise<void> => {
    if (now() < forbiddenUntil) return
    const patch = { metadata: { annotations: { [key]: value } } }
    try {
      const written = await unlessGone(api.patch(node, undefined, patch, signal))
      if (written) caches.nodes.observe(written)
    } catch (error) {
      if (!isForbidden(error)) throw error
      forbiddenUntil = now() + announceAgainMs
    }
  }
  return async ([first, ...others]: readonly Announcement[], signal: AbortSignal): Promise<boolean> => {
    if (!first) return true
    // One finds out for all.
    await write(first, signal)
    await someAtATime(others, (one) => write(one, signal))
    return now() >= forbiddenUntil
  }
}

const forbidden: PlannedEvent = {
  type: 'Warning',
  reason: 'HandOverForbidden',
  message:
    'spec.handOver asks for an annotation on nodes, and the operator may not patch nodes: set handOver.enabled of the chart or apply deploy/rbac-hand-over.yaml, or leave spec.handOver out.',
}

interface Said {
  readonly status: DistributionJobStatus
  readonly events: readonly PlannedEvent[]
}

/** With a further sentence after what each condition says while the nodes may not be patched, and an Event when that begins. */
export function withRemark(said: Said, before: DistributionJobStatus | undefined, allowed: boolean): Said {
  const conditions = (said.status.conditions ?? []).map((one) => {
    const own = one.message.replace(remark, '')
    return { ...one, message: allowed ? own : shortenMessage(own, room) + remark }
  })
  const known = before?.conditions?.some(({ message }) => message.endsWith(remark))
  return {
    status: { ...said.status, conditions },
    events: allowed || known ? said.events : [...said.events, forbidden],
  }
}

const remark = ` ${forbidden.message}`
const room = messageMaxLength - remark.length
