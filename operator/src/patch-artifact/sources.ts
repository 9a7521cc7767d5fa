// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact, PatchArtifactStatus } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import type { Verdict } from '../verdict.ts'

type SourceStatus = NonNullable<PatchArtifactStatus['sources']>[number]

export const urlsOf = (artifact: PatchArtifact): string[] =>
  artifact.spec.sources.map((source) => source.http.url)

/**
 * What is known of each source. A report speaks of the artifact as a whole, so with several sources `reachable` is only
 * stated where it follows: none was when the seeder gave up on all, the only one was when bytes came.
 */
export function sourcesOf(
  artifact: PatchArtifact,
  report: ArtifactReport | undefined,
  verdict: Verdict,
): SourceStatus[] {
  const before = new Map((artifact.status?.sources ?? []).map((one) => [one.url, one]))
  const urls = urlsOf(artifact)
  return urls.map((url) => {
    if (!report) return before.get(url) ?? { url }
    if (verdict.reason === 'OriginUnreachable') return { url, reachable: false, lastError: report.message }
    if (urls.length === 1 && report.originBytesRead > 0) return { url, reachable: true }
    return { url }
  })
}
