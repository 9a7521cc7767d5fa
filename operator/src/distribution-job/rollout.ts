// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'

/** How many nodes may be active at once: a number, or a percentage of all rounded up, at least one. */
export function concurrency(maxConcurrent: number | string | undefined, nodes: number): number {
  const limit = typeof maxConcurrent === 'number' ? maxConcurrent : share(maxConcurrent ?? '100%', nodes)
  return Math.max(1, Math.min(limit, Math.max(1, nodes)))
}

function share(text: string, nodes: number): number {
  const value = Number.parseInt(text, 10)
  if (Number.isNaN(value)) return 1
  return text.trim().endsWith('%') ? Math.ceil((nodes * value) / 100) : value
}

export interface Candidate {
  readonly name: string
  readonly uid: string
}

/**
 * The nodes to start now: as many as the limit leaves beside the active ones, in an order that is stable for a job yet
 * differs between jobs, so that the same nodes are not always the first to try what is new.
 */
export function nextNodes(
  candidates: readonly Candidate[],
  active: number,
  limit: number,
  jobUid: string,
): Candidate[] {
  const free = limit - active
  if (free <= 0) return []
  return candidates
    .map((node) => ({ node, rank: rankOf(node.uid, jobUid) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, free)
    .map(({ node }) => node)
}

const rankOf = (nodeUid: string, jobUid: string): string =>
  createHash('sha256').update(`${nodeUid}\n${jobUid}`).digest('hex')
