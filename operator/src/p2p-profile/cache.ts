// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfileStatus } from '@patchswarm/api'
import { type ClientView, mostNamed } from './observed.ts'

/** What connected agents say of their caches, together. */
export function cacheOf(clients: readonly ClientView[]): NonNullable<P2PProfileStatus['cache']> {
  const agents = clients.filter(({ role }) => role === 'agent')
  const refused = agents
    .map(({ node, cache }) => ({ node, message: cache?.refusal ?? '' }))
    .filter(({ message }) => message !== '')
    .sort((a, b) => (a.node < b.node ? -1 : 1))
  return {
    bytes: agents.reduce((sum, { cache }) => sum + (cache?.usedBytes ?? 0), 0),
    refused: refused.length,
    refusedNodes: refused.slice(0, mostNamed),
  }
}
