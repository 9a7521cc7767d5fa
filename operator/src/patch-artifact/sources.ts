// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type PatchArtifact, type PatchArtifactStatus, shortenMessage } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'

type SourceStatus = NonNullable<PatchArtifactStatus['sources']>[number]

export const urlsOf = (artifact: PatchArtifact): string[] =>
  artifact.spec.sources.map((source) => source.http.url)

/** What is known of each source, in the order of the spec: as the seeder says, else as it was. */
export function sourcesOf(artifact: PatchArtifact, report: ArtifactReport | undefined): SourceStatus[] {
  const known = new Map<string, SourceStatus>((artifact.status?.sources ?? []).map((one) => [one.url, one]))
  for (const one of report?.sources ?? []) known.set(one.url, statusOf(one))
  return urlsOf(artifact).map((url) => known.get(url) ?? { url })
}

const statusOf = ({
  url,
  reachable,
  lastError,
  latencyMs,
}: ArtifactReport['sources'][number]): SourceStatus => ({
  url,
  reachable,
  ...(latencyMs > 0 ? { latencyMilliseconds: latencyMs } : {}),
  ...(lastError ? { lastError: shortenMessage(lastError) } : {}),
})
