// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type PatchArtifact, type PatchArtifactStatus, shortenMessage } from '@patchswarm/api'
import type { ArtifactReport, SourceInit } from '@patchswarm/swarm/tracker'
import type { SecretLookup } from '../origin-secrets/origin-secrets.ts'

type SourceSpec = PatchArtifact['spec']['sources'][number]
type SourceStatus = NonNullable<PatchArtifactStatus['sources']>[number]

export const urlsOf = (artifact: PatchArtifact): string[] =>
  artifact.spec.sources.map((source) => source.http.url)

/** As one who reads them is told: those whose Secret is not here are left out. */
export function readableSources(artifact: PatchArtifact, secrets: SecretLookup): SourceInit[] {
  return artifact.spec.sources.flatMap(({ http }) => {
    const { url, caBundle = '', proxy = '' } = http
    const found = credentialsFor(artifact, { http }, secrets)
    return found && 'headers' in found ? [{ url, caBundle, proxy, headers: { ...found.headers } }] : []
  })
}

/** What is wrong with the Secret of a source, as a sentence; undefined when nothing is, or nobody has looked yet. */
export function secretProblem(
  artifact: PatchArtifact,
  source: SourceSpec,
  secrets: SecretLookup,
): string | undefined {
  const found = credentialsFor(artifact, source, secrets)
  if (found === undefined || 'headers' in found) return undefined
  return `Secret ${artifact.metadata.namespace}/${source.http.secretRef?.name} ${found.problem}`
}

const credentialsFor = (
  { metadata }: PatchArtifact,
  { http: { secretRef } }: SourceSpec,
  secrets: SecretLookup,
): ReturnType<SecretLookup> => (secretRef ? secrets(metadata.namespace, secretRef.name) : { headers: {} })

/** What is known of each source, in the order of the spec: as its readers say, else as it was. */
export function sourcesOf(
  artifact: PatchArtifact,
  reports: readonly (ArtifactReport | undefined)[],
  secrets: SecretLookup,
): SourceStatus[] {
  const known = new Map<string, SourceStatus>((artifact.status?.sources ?? []).map((one) => [one.url, one]))
  for (const one of reports.flatMap((report) => report?.sources ?? [])) known.set(one.url, statusOf(one))
  return artifact.spec.sources.map((source) => {
    const { url } = source.http
    const problem = secretProblem(artifact, source, secrets)
    if (problem) return { url, reachable: false, lastError: shortenMessage(`${problem}.`) }
    return known.get(url) ?? { url }
  })
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
