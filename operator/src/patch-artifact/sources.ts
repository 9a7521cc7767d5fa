// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type P2PProfile,
  type PatchArtifact,
  type PatchArtifactStatus,
  shortenMessage,
} from '@patchswarm/api'
import { destinationRules } from '@patchswarm/swarm/destination'
import type { ArtifactReport, SourceInit } from '@patchswarm/swarm/tracker'
import type { SecretLookup } from '../origin-secrets/credentials.ts'

type SourceSpec = PatchArtifact['spec']['sources'][number]
type SourceStatus = NonNullable<PatchArtifactStatus['sources']>[number]

/** By which a source is known in reports and the status. */
export const urlOf = ({ http, file }: SourceSpec): string => http?.url ?? `file:///import/${file?.path}`

/** As one who reads them is told: without those whose Secret is not here, and without files where it has none. */
export function readableSources(
  artifact: PatchArtifact,
  secrets: SecretLookup,
  { files }: { files: boolean },
): SourceInit[] {
  return artifact.spec.sources.flatMap((source) => {
    if (!source.http) return files ? [{ url: urlOf(source) }] : []
    const { url, caBundle = '', proxy = '' } = source.http
    const found = credentialsFor(artifact, source, secrets)
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
  return `Secret ${artifact.metadata.namespace}/${source.http?.secretRef?.name} ${found.problem}`
}

const credentialsFor = (
  { metadata }: PatchArtifact,
  { http }: SourceSpec,
  secrets: SecretLookup,
): ReturnType<SecretLookup> =>
  http?.secretRef ? secrets(metadata.namespace, http.secretRef.name) : { headers: {} }

/** Why nobody may read a source with this profile, as far as the spec alone tells; undefined when somebody may try. */
export function sourceRefusal(source: SourceSpec, { spec }: P2PProfile): string | undefined {
  if (source.file) return spec.seeder.import ? undefined : 'the profile has no seeder.import for files'
  const rules = destinationRules({ allowedDomains: spec.origin.allowedDomains, clusterNetworks: [] })
  return rules.refusesHost(new URL(urlOf(source)).hostname)
}

/** What is known of each source, in the order of the spec: as its readers say, else as it was. */
export function sourcesOf(
  artifact: PatchArtifact,
  reports: readonly (ArtifactReport | undefined)[],
  secrets: SecretLookup,
): SourceStatus[] {
  const known = new Map<string, SourceStatus>((artifact.status?.sources ?? []).map((one) => [one.url, one]))
  for (const one of reports.flatMap((report) => report?.sources ?? [])) known.set(one.url, statusOf(one))
  return artifact.spec.sources.map((source) => {
    const url = urlOf(source)
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
