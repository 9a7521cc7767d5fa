// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition, type PatchArtifact, type PatchArtifactStatus } from '@patchswarm/api'
import type { PlannedEvent } from '@patchswarm/kube'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import { namespaceAllowed } from '../admission.ts'
import { accountsRead, type OriginStatus } from '../tracker/site-account.ts'
import { conditionsOf, eventsOf, ready, stalled, type Verdict, working } from '../verdict.ts'
import { digestOf } from './digest.ts'
import { failure, isLasting, isPast } from './failure.ts'
import { ingesting } from './ingesting.ts'
import type { Observed, SeederView } from './observed.ts'
import { agentsFailed, agentsMissing, chunkingNeedsSeeder, firstUseNeedsSeeder } from './reading-agents.ts'
import { mayDeliver, signatureOf } from './signature.ts'
import { sizeRead } from './size.ts'
import { secretProblem, sourceRefusal, sourcesOf } from './sources.ts'

export interface Plan {
  status: PatchArtifactStatus
  events: PlannedEvent[]
}

/** Decides what the status of an artifact says. The work itself is asked for by the tracker's desired state. */
export function plan(observed: Observed): Plan | undefined {
  const { artifact, now } = observed
  // Deletion: what is not listed any more leaves every cache; nothing else was made.
  if (artifact.metadata.deletionTimestamp) return undefined
  const verdict = judge(observed)
  const { conditions } = artifact.status ?? {}
  return {
    status: {
      ...factsOf(observed, verdict),
      observedGeneration: artifact.metadata.generation ?? 0,
      conditions: conditionsOf(conditions, verdict, artifact.metadata.generation, now),
    },
    events: eventsOf(conditions, verdict),
  }
}

type Check = (observed: Observed) => Verdict | undefined

const checks: readonly Check[] = [
  profileMissing,
  profileDisabled,
  namespaceRefused,
  signatureInvalid,
  signatureMissing,
  seeded,
  failedEarlier,
  sourcesForbidden,
  secretsInvalid,
  chunkingNeedsSeeder,
  firstUseNeedsSeeder,
  seederMissing,
  seederFailed,
  agentsMissing,
  agentsFailed,
  ingesting,
]

function judge(observed: Observed): Verdict {
  for (const check of checks) {
    const verdict = check(observed)
    if (verdict) return verdict
  }
  return working('Resolving', 'The seeder has been asked to read the artifact.')
}

function profileMissing({ artifact, profile }: Observed): Verdict | undefined {
  if (profile) return undefined
  return working('WaitingForProfile', `There is no P2PProfile ${artifact.spec.profile} yet.`)
}

function profileDisabled({ profile }: Observed): Verdict | undefined {
  if (!profile || (profile.spec.enabled && !profile.metadata.deletionTimestamp)) return undefined
  const why = profile.metadata.deletionTimestamp ? 'is being deleted' : 'is disabled (spec.enabled: false)'
  return working('WaitingForProfile', `P2PProfile ${profile.metadata.name} ${why}.`)
}

function namespaceRefused({
  artifact,
  profile,
  namespace,
  operatorNamespace,
}: Observed): Verdict | undefined {
  if (!profile || namespaceAllowed(profile, namespace, operatorNamespace)) return undefined
  const rule = profile.spec.allowedNamespaces
    ? 'its labels do not match spec.allowedNamespaces of the profile'
    : `without spec.allowedNamespaces only ${operatorNamespace} may use it`
  return stalled(
    'NamespaceNotAllowed',
    `Namespace ${artifact.metadata.namespace} may not use P2PProfile ${profile.metadata.name}: ${rule}.`,
  )
}

function signatureInvalid({ artifact }: Observed): Verdict | undefined {
  const signature = signatureOf(artifact)
  if (signature.state !== 'invalid') return undefined
  const advice = 'Nothing is delivered: create a new PatchArtifact with the right signature.'
  return stalled('SignatureInvalid', `${signature.problem}. ${advice}`)
}

function signatureMissing({ artifact, seeders }: Observed): Verdict | undefined {
  if (signatureOf(artifact).state !== 'pending') return undefined
  const error = seeders.find((one) => one.report?.signatureError)?.report?.signatureError
  if (error === undefined) return undefined
  return stalled('SignatureUnreachable', `${error}. The seeder goes on trying; nothing is delivered before.`)
}

/** Once the whole was ingested the artifact is ready as long as somebody has it, or nobody has said otherwise yet. */
function seeded(observed: Observed): Verdict | undefined {
  if (!mayDeliver(observed.artifact)) return undefined
  const { artifact, seeders, holders } = observed
  const complete = completeReports(observed).length
  const known = artifact.status?.cid !== undefined
  const denied = seeders.some((one) => one.report !== undefined) && complete === 0 && holders === 0
  if (complete === 0 && (!known || denied)) return undefined
  const message =
    complete + holders > 0
      ? `Held whole by ${complete} of ${Math.max(1, seeders.length)} seeders and by ${holders} nodes.`
      : 'Ingested; its holders have not reported yet.'
  return ready('Seeded', `${message}${barredWords(barred(observed.artifact.status?.origin ?? {}, seeders))}`)
}

const barredWords = (nodes: readonly string[]): string =>
  nodes.length === 0
    ? ''
    : ` Something else than the sources send was stated by ${nodes.join(', ')}: as long as this PatchArtifact exists they read for none of the profile, if others can.`

/** A failure that another try cannot mend stands until the sources are changed. */
function failedEarlier({ artifact }: Observed): Verdict | undefined {
  const before = findCondition(artifact.status?.conditions, 'Stalled')
  if (!before || !isLasting(before.reason)) return undefined
  if (before.observedGeneration !== artifact.metadata.generation) return undefined
  return stalled(before.reason, before.message)
}

/** What the spec alone tells; what a name leads to, a reader finds out. */
function sourcesForbidden({ artifact, profile }: Observed): Verdict | undefined {
  if (!profile) return undefined
  const refusals = artifact.spec.sources.map((source) => sourceRefusal(source, profile))
  if (refusals.some((refusal) => refusal === undefined)) return undefined
  return stalled(
    'SourceForbidden',
    `spec.sources: ${refusals.join('; ')}. Name a host of theirs there, or correct spec.sources.`,
  )
}

/** As long as one source can be asked, what is wrong with others stands in the status of the sources alone. */
function secretsInvalid({ artifact, secrets }: Observed): Verdict | undefined {
  const problems = artifact.spec.sources.map((source) => secretProblem(artifact, source, secrets))
  if (problems.some((problem) => problem === undefined)) return undefined
  return stalled('SecretInvalid', `${[...new Set(problems)].join('; ')}.`)
}

function seederMissing({ artifact, seeders, profile }: Observed): Verdict | undefined {
  if (seeders.length > 0) return undefined
  const stuck = findCondition(profile?.status?.conditions, 'Stalled')
  if (stuck?.reason === 'SeederMissing') {
    return stalled('SeederMissing', `P2PProfile ${artifact.spec.profile}: ${stuck.message}`)
  }
  return working('WaitingForSeeder', `No seeder of P2PProfile ${artifact.spec.profile} is connected yet.`)
}

function seederFailed(observed: Observed): Verdict | undefined {
  const wrong = observed.seeders.find(
    (one) =>
      one.report?.state === 'Complete' && !isFirstUse(observed.artifact) && !isTheOne(observed, one.report),
  )
  const failed = nowReported(observed).find((one) => one.state === 'Failed')
  const report = wrong?.report ?? failed
  return report ? failure(observed.artifact, report) : undefined
}

/** Without those of seeders that have not begun anew yet. */
const nowReported = ({ artifact, seeders }: Observed): ArtifactReport[] =>
  seeders
    .map((one) => one.report)
    .filter((one) => one !== undefined)
    .filter((one) => !isPast(artifact, one, one.reason))

const completeReports = (observed: Observed): ArtifactReport[] =>
  observed.seeders
    .map((one) => one.report)
    .filter((one) => one !== undefined)
    .filter((one) => one.state === 'Complete' && isTheOne(observed, one))

/** The seeder's word is checked against the spec once more; agents do so again, each for itself. */
const isTheOne = ({ artifact }: Observed, report: ArtifactReport): boolean =>
  (isFirstUse(artifact) ? report.sha256 !== '' : `sha256:${report.sha256}` === digestOf(artifact)) &&
  (artifact.spec.size === undefined || artifact.spec.size === report.size)

/** Whatever is read first is the file from then on. */
const isFirstUse = (artifact: PatchArtifact): boolean => digestOf(artifact) === ''

/** What is known about the bytes; what was known before stays, for a new leader knows nothing yet. */
function factsOf(observed: Observed, verdict: Verdict): PatchArtifactStatus {
  const { size: _, ...before } = observed.artifact.status ?? {}
  const complete = completeReports(observed)
  const best = complete[0] ?? nowReported(observed)[0]
  const whole = complete[0]
  const size = whole?.size ?? (best?.size || sizeRead(observed.artifact))
  return {
    ...before,
    ...(whole ? { cid: whole.cid, sha256: whole.sha256, chunks: whole.chunksTotal } : {}),
    ...(whole ? { chunkSize: whole.chunkSize } : {}),
    ...(whole && isFirstUse(observed.artifact) ? { digest: `sha256:${whole.sha256}` } : {}),
    ...(size !== undefined && { size }),
    ...signatureRead(observed),
    seeders: complete.length,
    progressPercent: verdict.state === 'Ready' ? 100 : percentOfReport(observed, best),
    origin: originRead(observed, size || observed.artifact.spec.size || 0),
    sources: sourcesOf(
      observed.artifact,
      [best, ...observed.agents.map(({ report }) => report)],
      observed.secrets,
    ),
  }
}

function originRead({ artifact, bytesRead, seeders }: Observed, size: number): OriginStatus {
  const before = artifact.status?.origin ?? {}
  const sites = accountsRead(before.sites ?? [], bytesRead.sites, size)
  const readers = [...bytesRead.readers].map(([peerId, bytes]) => ({ peerId, bytesRead: bytes }))
  const barredNodes = barred(before, seeders)
  return {
    ...before,
    bytesRead: bytesRead.total,
    ...(barredNodes.length > 0 && { barredNodes }),
    ...(readers.length > 0 && { readers }),
    ...(sites.length > 0 && { sites }),
  }
}

const MOST_BARRED = 64

/** Kept: a seeder that starts anew does not know who has lied. */
function barred({ barredNodes = [] }: OriginStatus, seeders: readonly SeederView[]): string[] {
  const liars = seeders.flatMap(({ report }) => report?.liars ?? [])
  return [...new Set([...barredNodes, ...liars])].sort().slice(0, MOST_BARRED)
}

/** Kept: a seeder that starts anew has not read it yet. */
function signatureRead({ artifact, seeders }: Observed): Pick<PatchArtifactStatus, 'signature'> {
  if (signatureOf(artifact).state !== 'pending') return {}
  const signature = seeders.find((one) => one.report?.signature)?.report?.signature
  return signature === undefined ? {} : { signature }
}

function percentOfReport({ artifact }: Observed, report: ArtifactReport | undefined): number {
  if (!report) return artifact.status?.progressPercent ?? 0
  const size = report.size || artifact.spec.size || 0
  return size > 0 ? Math.min(99, Math.floor((report.bytesHeld * 100) / size)) : 0
}
