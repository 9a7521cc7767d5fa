// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import type { DistributionJob } from '@patchswarm/api'

/** So many of `all` nodes: a number, or a percentage rounded up; at least one. */
export function nodeCount(value: number | string | undefined, all: number): number {
  const count = typeof value === 'number' ? value : share(value ?? '100%', all)
  return Math.max(1, count)
}

function share(text: string, all: number): number {
  const value = Number.parseInt(text, 10)
  if (Number.isNaN(value)) return 1
  return text.trim().endsWith('%') ? Math.ceil((all * value) / 100) : value
}

/** How many nodes may be active at once. */
export const concurrency = (maxConcurrent: number | string | undefined, all: number): number =>
  Math.min(nodeCount(maxConcurrent, all), Math.max(1, all))

/** From how many failed nodes on a job counts as failed; infinite when the spec names no threshold. */
export function failureLimit({ failureThreshold }: DistributionJob['spec']['rollout'], all: number): number {
  return failureThreshold === undefined ? Number.POSITIVE_INFINITY : nodeCount(failureThreshold, all)
}

/**
 * Candidates in an order that is stable for a job yet differs between jobs, so that the same nodes are not always the
 * first to try what is new.
 */
export function inOrder<T extends { readonly metadata: { readonly uid?: string } }>(
  candidates: readonly T[],
  jobUid: string,
): T[] {
  return candidates
    .map((one) => ({ one, rank: rankOf(one.metadata.uid ?? '', jobUid) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one)
}

/** Its first 48 bits are enough to tell thousands apart. */
const rankOf = (nodeUid: string, jobUid: string): number =>
  hash('sha256', `${nodeUid}\n${jobUid}`, 'buffer').readUIntBE(0, 6)
