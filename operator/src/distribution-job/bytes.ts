// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJobStatus, PatchArtifact } from '@patchswarm/api'
import type { Counters, NodeView } from './tally.ts'

/** What the status has room for. */
const mostTimes = 999_999_999

export type Accounts = Pick<DistributionJobStatus, 'bytes' | 'savings' | 'originAmplification'>

/** Size of all of the job's artifacts together; 0 while one is not known. */
export function artifactBytesOf(artifacts: readonly (PatchArtifact | undefined)[]): number {
  const sizes = artifacts.map((one) => one?.status?.size ?? one?.spec.size)
  return sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : 0
}

/**
 * What the job moves and what that spares the origin. `bytes.origin` is what left the origin for the job's artifacts, whether a
 * seeder or a node read it. The saving compares with every node that gets the files
 * downloading them alone; it is never less than nothing.
 */
export function accountsOf(
  views: readonly NodeView[],
  counters: Counters,
  artifacts: readonly (PatchArtifact | undefined)[],
  artifactBytes: number,
): Accounts {
  const sum = (source: 'peers' | 'cache'): number =>
    views.reduce((total, one) => total + one.bytes[source], 0)
  const origin = artifacts.reduce((total, one) => total + (one?.status?.origin?.bytesRead ?? 0), 0)
  const nodes = counters.desired - counters.skipped
  const bytes = { origin, peers: sum('peers'), cache: sum('cache'), total: artifactBytes * nodes }
  if (artifactBytes === 0) return { bytes }
  const alone = artifactBytes * (nodes - counters.failed)
  const saved = Math.max(0, alone - origin)
  return {
    bytes,
    savings: { bytes: saved, percent: alone > 0 ? Math.floor((saved * 100) / alone) : 0 },
    originAmplification: Math.min(origin / artifactBytes, mostTimes).toFixed(3),
  }
}
