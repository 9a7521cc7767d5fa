// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type PatchArtifact, patchArtifacts } from '@patchswarm/api'
import { type Client, type Informer, isConflict, type ResourceClient } from '@patchswarm/kube'
import { swarmKey } from '@patchswarm/swarm/manifest'
import type { GrantDecision, GrantRequest, TrackerClientView } from '@patchswarm/swarm/tracker'
import { preconditionOf } from '../precondition.ts'
import { swarmOf } from '../swarm.ts'
import { Advances, drawOn } from './advance.ts'
import { aheadOf, type BudgetDecision, decideGrant, sizeOf, takenBack } from './budget.ts'
import type { Claims } from './claims.ts'
import { groupBySwarm, readFor } from './desired.ts'
import { type Assignment, assignRange } from './readers/assign.ts'
import { type Readers, readersKey } from './readers/readers.ts'
import { accountOf, charged } from './site-account.ts'

const notAllowed = (message: string): BudgetDecision => ({ length: 0, reason: 'NotAllowed', message })

/** Gives leave to read from an origin. */
export interface Grants {
  grant(client: TrackerClientView, request: GrantRequest, signal: AbortSignal): Promise<GrantDecision>
}

export interface GrantDecisions {
  /** Artifacts that the readers of a profile may read. */
  readonly admitted: (profile: string) => readonly PatchArtifact[]
  /** Whether this agent needs the artifact, and its profile lets agents read for themselves. */
  readonly mayFallBack: (agent: TrackerClientView, swarmKey: string) => boolean
  readonly claims: Claims
  /** Who reads where agents do. */
  readonly readers: Readers
  /** What must be known to give a reader a range. */
  readonly assignment: (reader: TrackerClientView, request: GrantRequest) => Assignment
  /** The profile has agents read, and its seeders never do. */
  readonly agentsRead: (profile: string) => boolean
  /** The site that a client reads for, by whose budget it is judged; undefined where agents read for all. */
  readonly readsFor: (client: TrackerClientView) => string | undefined
}

const tries = 5

/**
 * The sum of all grants is written to the artifact's status before a byte of it is given, some ahead of its need, and one at a
 * time for each artifact: whoever dies when, the origin is never asked for more than the budget.
 *
 * @param decisions who may read what
 */
export function createGrants(
  client: Client,
  artifacts: Informer<PatchArtifact>,
  decisions: GrantDecisions,
): Grants {
  const { admitted } = decisions
  const api = client.for(patchArtifacts)
  const queues = new Map<string, Promise<unknown>>()
  const advances = new Advances()
  artifacts.onChange(({ type, object }) => {
    if (type === 'deleted') advances.forget(object.metadata.uid ?? '')
  })
  const books = { api, cache: artifacts, advances }
  return {
    async grant(from, request, signal) {
      const key = swarmKey(request.swarmId)
      const artifact = candidate(admitted(from.identity.profile), key)
      if (!artifact) return notAllowed('There is no such artifact in the profile.')
      const refused = refusalOf(decisions, from, key, request)
      if (refused) return refused
      const account = { site: decisions.readsFor(from), decide: decisionOf(decisions, from, request) }
      const turn = (queues.get(key) ?? Promise.resolve()).then(() => give(books, artifact, account, signal))
      const settled = turn.catch(() => undefined)
      queues.set(key, settled)
      void settled.then(() => {
        if (queues.get(key) === settled) queues.delete(key)
      })
      return await turn
    },
  }
}

/** Why this client may not read of it at all. */
function refusalOf(
  { mayFallBack, claims, readers, agentsRead, readsFor }: GrantDecisions,
  from: TrackerClientView,
  key: string,
  { any, all, back }: GrantRequest,
): BudgetDecision | undefined {
  const { peerId } = from
  const { profile, role } = from.identity
  if (role === 'seeder') {
    // What agents have read wrong is read again by nobody else.
    return agentsRead(profile) && !all
      ? notAllowed('The profile has agents read it (origin.access).')
      : undefined
  }
  if (back > 0) return notAllowed('Only a seeder gives leave back.')
  // Of agents of another profile nobody gets what they read: nobody waits for them.
  const claim = readersKey(profile, key, readsFor(from))
  if (readers.isReader(claim, peerId)) return undefined
  if (any || !mayFallBack(from, key)) return notAllowed('Only a seeder of the artifact may read its origin.')
  if (claims.take(claim, peerId)) return undefined
  return { length: 0, reason: 'AnotherReads', message: 'Another node reads it and will pass it on.' }
}

/** What is decided of an artifact as it is now, and what is to be known of it once that is written down. */
interface Decided {
  readonly decision: GrantDecision
  /** What the sum of all grants grows by, if that is not what is given. */
  readonly charge?: number
  /** So much more may be written down with it. */
  readonly ahead?: number
  readonly size?: number
  readonly onGiven?: () => void
}

function decisionOf(
  decisions: GrantDecisions,
  from: TrackerClientView,
  request: GrantRequest,
): (artifact: PatchArtifact) => Decided {
  const { any, back } = request
  if (any) return rangeFor(decisions, decisions.assignment(from, request))
  if (back > 0) return (artifact) => ({ decision: { length: 0 }, charge: -takenBack(artifact, back) })
  return (artifact) => {
    const decision = decideGrant(artifact, request)
    const size = sizeOf(artifact, request.totalSize)
    return { decision, ahead: aheadOf(artifact, { size, left: size - request.offset, ...decision }) }
  }
}

const rangeFor =
  ({ readers }: GrantDecisions, assignment: Assignment) =>
  (artifact: PatchArtifact): Decided => {
    const range = assignRange(artifact, assignment)
    if ('reason' in range) return { decision: range }
    const { span, size, ahead } = range
    return {
      decision: { offset: span.start, length: span.end - span.start },
      ahead,
      size,
      onGiven: () => readers.give(assignment.key, assignment.from.peerId, span),
    }
  }

/** Of several artifacts with the same bytes the one that the desired state has read. */
function candidate(admitted: readonly PatchArtifact[], key: string): PatchArtifact | undefined {
  const [group] = groupBySwarm(admitted.filter((one) => swarmOf(one).key === key))
  return group && readFor(group)
}

/** On whose budget it goes: of a site, or of all. */
interface Account {
  readonly site: string | undefined
  readonly decide: (artifact: PatchArtifact) => Decided
}

/** Where it is written down what was granted. */
interface Books {
  readonly api: ResourceClient<PatchArtifact>
  readonly cache: Informer<PatchArtifact>
  readonly advances: Advances
}

async function give(
  books: Books,
  asked: PatchArtifact,
  { site, decide }: Account,
  signal: AbortSignal,
): Promise<GrantDecision> {
  const { api, cache, advances } = books
  const { name, namespace } = asked.metadata
  let artifact = cache.get(name, namespace) ?? asked
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const { uid = '' } = artifact.metadata
    const advance = advances.of(uid, site)
    const decided = decide(accountOf(artifact, site, advance))
    const { decision, charge = decision.length, ahead = 0, size, onGiven } = decided
    if (charge === 0) return decision
    const drawn = drawOn(advance, charge, ahead)
    try {
      await write(books, artifact, { site, charge: drawn.write, size }, signal)
      advances.set(uid, site, drawn.advance)
      onGiven?.()
      return decision
    } catch (error) {
      if (!isConflict(error) || attempt === tries) throw error
      // Another write came in between, perhaps another leader's grant: decide again on what is there now.
      artifact = await api.get(name, namespace, signal)
    }
  }
}

async function write(
  { api, cache }: Books,
  { metadata, status }: PatchArtifact,
  { site, charge, size }: { site: string | undefined; charge: number; size: number | undefined },
  signal: AbortSignal,
): Promise<void> {
  const isNewSize = size !== undefined && size !== status?.size
  if (charge === 0 && !isNewSize) return
  const origin = charged(status?.origin ?? {}, site, charge)
  // A seeder that does not read knows the size by this.
  const news = { origin, ...(isNewSize && { size }) }
  const precondition = preconditionOf({ metadata })
  cache.observe(await api.patchStatus(metadata.name, metadata.namespace, news, precondition, signal))
}
