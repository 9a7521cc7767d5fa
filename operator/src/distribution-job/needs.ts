// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJob, type PatchArtifact, shortenMessage } from '@patchswarm/api'

/** What an agent has said of itself when it connected. */
export interface AgentVersion {
  readonly agentVersion: string
  /** Of what it understands. */
  readonly protocolVersion: number
}

interface Feature {
  readonly since: number
  readonly name: string
  readonly isAsked: (job: DistributionJob, artifacts: readonly (PatchArtifact | undefined)[]) => boolean
}

/** What agents of an older protocol would leave undone, and say that all is well. */
const features: readonly Feature[] = [
  { since: 2, name: 'spec.delivery.method', isAsked: ({ spec }) => spec.delivery.method !== 'Auto' },
  {
    since: 2,
    name: 'spec.delivery.keepVersions',
    isAsked: ({ spec }) => spec.delivery.keepVersions !== undefined,
  },
  {
    since: 2,
    name: 'spec.completionPolicy KeepCurrent',
    isAsked: ({ spec }) => spec.completionPolicy === 'KeepCurrent',
  },
  {
    since: 2,
    name: 'chunking.strategy ContentDefined of an artifact',
    isAsked: (_, artifacts) => artifacts.some((one) => one?.spec.chunking?.strategy === 'ContentDefined'),
  },
]

/** What an agent calls itself is its own affair, and goes into objects whose fields have an end. */
const longestVersion = 64

/** Nodes whose agent cannot do what the job asks: what it lacks, as a sentence. */
export function tooOld(
  job: DistributionJob,
  artifacts: readonly (PatchArtifact | undefined)[],
  agents: ReadonlyMap<string, AgentVersion>,
): Map<string, string> {
  const asked = features.filter((one) => one.isAsked(job, artifacts))
  return new Map(
    [...agents].flatMap(([node, { agentVersion, protocolVersion }]) => {
      const lacks = asked.find(({ since }) => protocolVersion < since)
      if (!lacks) return []
      const said = shortenMessage(agentVersion, longestVersion)
      const sentence = `The agent of version ${said} speaks protocol ${protocolVersion}, and ${lacks.name} needs protocol ${lacks.since}`
      return [[node, sentence]] as const
    }),
  )
}
