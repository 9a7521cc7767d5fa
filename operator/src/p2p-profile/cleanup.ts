// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Observed } from './observed.ts'

/** How long a profile that goes waits for its agents to empty their caches. */
export const cleanupTimeoutMs = 30_000

/**
 * Whether agents and seeders may be removed now: all that are there have said that their caches are empty, or the time
 * is up. An absent agent is waited for only within that time: cleaning up never hangs on a node.
 */
export function isClean({ clients, daemonSet, cleaningSince, now }: Observed): boolean {
  if (cleaningSince === undefined) return false
  if (now.getTime() - cleaningSince >= cleanupTimeoutMs) return true
  const agents = clients.filter((one) => one.role === 'agent')
  // After a change of leader the agents connect again one by one: those whose Pods are ready are about to.
  const missing = (daemonSet?.status?.numberReady ?? 0) - agents.length
  return missing <= 0 && clients.every((one) => one.wiped)
}
