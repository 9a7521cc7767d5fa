// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ClientView } from './observed.ts'

/** While agents are replaced there are two; more are a sign of something else. */
const mostVersions = 8
const longest = 64

/** What versions there are, the most common first. */
export function versionsOf(clients: readonly ClientView[]): { version: string; agents: number }[] {
  const agents = clients.filter((one) => one.role === 'agent')
  return [...Map.groupBy(agents, (one) => one.version.slice(0, longest))]
    .map(([version, of]) => ({ version, agents: of.length }))
    .sort((a, b) => b.agents - a.agents || (a.version < b.version ? -1 : 1))
    .slice(0, mostVersions)
}
