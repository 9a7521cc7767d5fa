// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ClientView, mostNamed } from './observed.ts'

export interface RootsStatus {
  missing: number
  missingNodes: { node: string; paths: string[] }[]
}

/** Nodes that lack an allowed root, as their agents say. */
export function rootsOf(clients: readonly ClientView[]): RootsStatus {
  const lacking = clients
    .filter(({ rootsMissing }) => rootsMissing.length > 0)
    .map(({ node, rootsMissing }) => ({ node, paths: [...rootsMissing].sort() }))
    .sort((a, b) => (a.node < b.node ? -1 : 1))
  return { missing: lacking.length, missingNodes: lacking.slice(0, mostNamed) }
}
