// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type PatchArtifact, patchArtifacts } from '@patchswarm/api'
import { type Client, type Informer, isConflict, type ResourceClient } from '@patchswarm/kube'
import type { GrantRequest, TrackerClientView } from '@patchswarm/swarm/tracker'
import { preconditionOf } from '../precondition.ts'
import { nameOf, swarmKey, swarmOf } from '../swarm.ts'
import { type BudgetDecision, decideGrant } from './budget.ts'
import type { Claims } from './claims.ts'

const notAllowed = (message: string): BudgetDecision => ({ length: 0, reason: 'NotAllowed', message })

/** Gives leave to read from an origin. */
export interface Grants {
  grant(client: TrackerClientView, request: GrantRequest, signal: AbortSignal): Promise<BudgetDecision>
}

export interface GrantDecisions {
  /** Artifacts that the readers of a profile may read. */
  readonly admitted: (profile: string) => readonly PatchArtifact[]
  /** Whether this agent needs the artifact, and its profile lets agents read for themselves. */
  readonly mayFallBack: (agent: TrackerClientView, swarmKey: string) => boolean
  readonly claims: Claims
}

const tries = 5

/**
 * The sum of all grants is written to the artifact's status before a byte of it is given, one at a time for each
 * artifact: whoever dies when, the origin is never asked for more than the budget.
 *
 * @param decisions who may read what
 */
export function createGrants(
  client: Client,
  artifacts: Informer<PatchArtifact>,
  { admitted, mayFallBack, claims }: GrantDecisions,
): Grants {
  const api = client.for(patchArtifacts)
  const queues = new Map<string, Promise<unknown>>()
  return {
    async grant(from, request, signal) {
      const key = swarmKey(request.swarmId)
      const artifact = candidate(admitted(from.identity.profile), key)
      if (!artifact) return notAllowed('There is no such artifact in the profile.')
      if (from.identity.role !== 'seeder') {
        if (!mayFallBack(from, key)) return notAllowed('Only a seeder of the artifact may read its origin.')
        if (!claims.take(key, from.peerId)) {
          return { length: 0, reason: 'AnotherReads', message: 'Another node reads it and will pass it on.' }
        }
      }
      const turn = (queues.get(key) ?? Promise.resolve()).then(() =>
        give(api, artifacts, artifact, request, signal),
      )
      const settled = turn.catch(() => undefined)
      queues.set(key, settled)
      void settled.then(() => {
        if (queues.get(key) === settled) queues.delete(key)
      })
      return await turn
    },
  }
}

/** Of several artifacts with the same bytes the first by name, as in the desired state. */
function candidate(admitted: readonly PatchArtifact[], key: string): PatchArtifact | undefined {
  return admitted
    .filter((one) => swarmOf(one).key === key)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))[0]
}

async function give(
  api: ResourceClient<PatchArtifact>,
  cache: Informer<PatchArtifact>,
  asked: PatchArtifact,
  request: GrantRequest,
  signal: AbortSignal,
): Promise<BudgetDecision> {
  const { name, namespace } = asked.metadata
  let artifact = cache.get(name, namespace) ?? asked
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const decision = decideGrant(artifact, request)
    if (decision.length === 0) return decision
    try {
      await write(api, cache, artifact, decision.length, signal)
      return decision
    } catch (error) {
      if (!isConflict(error) || attempt === tries) throw error
      // Another write came in between, perhaps another leader's grant: decide again on what is there now.
      artifact = await api.get(name, namespace, signal)
    }
  }
}

async function write(
  api: ResourceClient<PatchArtifact>,
  cache: Informer<PatchArtifact>,
  artifact: PatchArtifact,
  length: number,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace } = artifact.metadata
  const origin = { bytesGranted: (artifact.status?.origin?.bytesGranted ?? 0) + length }
  const written = await api.patchStatus(name, namespace, { origin }, preconditionOf(artifact), signal)
  cache.observe(written)
}
