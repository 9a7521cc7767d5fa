// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import { READERS } from '../tracker/readers/election.ts'
import { stalled, type Verdict, working } from '../verdict.ts'
import { digestOf } from './digest.ts'
import { failure, originReasonOf } from './failure.ts'
import type { Observed } from './observed.ts'

/** What is to be said where agents read the origin, and not the seeder. */

const doAgentsRead = ({ profile }: Observed): boolean => profile?.spec.origin.access === 'Agents'

/** Nobody can say where a part of the file is cut without all that stands before it. */
export function chunkingNeedsSeeder(observed: Observed): Verdict | undefined {
  const { artifact } = observed
  if (!doAgentsRead(observed) || artifact.spec.chunking?.strategy !== 'ContentDefined') return undefined
  return stalled(
    'ChunkingNotReadable',
    `Agents of P2PProfile ${artifact.spec.profile} read parts of a file (spec.origin.access: Agents), and chunking.strategy ContentDefined needs a reader of the whole. Create a PatchArtifact with strategy Fixed, or name a profile whose seeder reads.`,
  )
}

/** Agents say what they read leaf by leaf, each for itself: with no digest nothing shows that it is all of one file. */
export function firstUseNeedsSeeder(observed: Observed): Verdict | undefined {
  const { artifact } = observed
  if (!doAgentsRead(observed) || digestOf(artifact) !== '') return undefined
  return stalled(
    'FirstUseNotReadable',
    `Agents of P2PProfile ${artifact.spec.profile} read parts of a file (spec.origin.access: Agents), and trustOnFirstUse needs one reader of the whole. Create a PatchArtifact with its digest, or name a profile whose seeder reads.`,
  )
}

export function agentsMissing(observed: Observed): Verdict | undefined {
  if (!doAgentsRead(observed) || observed.agents.length > 0) return undefined
  const { profile } = observed.artifact.spec
  return working(
    'WaitingForAgents',
    `No agent of P2PProfile ${profile} is connected that could read the sources (spec.origin.access: Agents).`,
  )
}

/**
 * One that cannot read is replaced while others can; when nobody can, somebody must look. Another size ends it for good, and one
 * agent may have it from a proxy: so all must see it, or as many as read at once.
 */
export function agentsFailed(observed: Observed): Verdict | undefined {
  if (!doAgentsRead(observed)) return undefined
  const fail = (report: ArtifactReport): Verdict =>
    failure(observed.artifact, { ...report, reason: report.originReason, message: report.originMessage })
  const reports = observed.agents.map(({ report }) => report).filter((one) => one !== undefined)
  const failed = reports.filter((one) => originReasonOf(observed.artifact, one) !== '')
  const isAnyReading = reports.some((one) => one.originReason === '' && one.reading.length > 0)
  const spent = failed.find((one) => one.originReason === 'OriginBudgetExhausted')
  if (spent !== undefined) return observed.profile?.spec.origin.perSite ? siteSpent(spent) : fail(spent)
  if (isAnyReading) return undefined
  const isOtherSize = ({ originReason }: ArtifactReport): boolean => originReason === 'SizeMismatch'
  const mismatches = failed.filter(isOtherSize)
  // Nothing is known that keeps it from reading.
  const isAnyLeft = observed.agents.some(
    ({ report }) => !report?.reason && originReasonOf(observed.artifact, report) === '',
  )
  const isWrong = mismatches.length >= READERS || !isAnyLeft
  const report = (isWrong ? mismatches[0] : undefined) ?? failed.find((one) => !isOtherSize(one))
  return report && fail(report)
}

/** The other sites read on, the seeder gets it from them, and jobs begin: that must not end here. */
const siteSpent = ({ originMessage }: ArtifactReport): Verdict =>
  working(
    'Ingesting',
    `Ingesting; a site waits, for its budget is used up (status.origin.sites): ${originMessage}`,
  )
