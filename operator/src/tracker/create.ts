// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import type { Client } from '@patchswarm/kube'
import type { HostPort } from '@patchswarm/swarm/config'
import type { Identity } from '@patchswarm/swarm/identity'
import { swarmKey } from '@patchswarm/swarm/manifest'
import {
  createTrackerServer,
  type GrantRequest,
  type TrackerClientView,
  type TrackerServer,
} from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import type { Caches } from '../caches.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { swarmOf } from '../swarm.ts'
import { createAdmit } from './admit.ts'
import { authenticate } from './authenticate.ts'
import { createClaims } from './claims.ts'
import { createGrants } from './grants.ts'
import type { Assignment } from './readers/assign.ts'
import { reportOf, signerAmong } from './readers/elections.ts'
import { createReaders, type Readers, readersKey } from './readers/readers.ts'
import { reportIntervalMs } from './report-interval.ts'
import { readsFor } from './sites.ts'
import { artifactsOf, workOn } from './work.ts'

/** What this replica is now: only a leader that has read everything takes clients. */
export interface Term {
  epoch: number
  serving: boolean
}

export interface OperatorTrackerOptions {
  client: Client
  caches: Caches
  /** The operator's key: agents pin it, memberships are signed with it. */
  identity: Identity
  namespace: string
  revocations: Revocations
  listen: HostPort
  term: Readonly<Term>
  log: Logger
}

export interface OperatorTracker {
  readonly tracker: TrackerServer
  /** Who reads what, where agents do. */
  readonly readers: Readers
}

/** The tracker with the operator's decisions: who may connect, and who may read how much of an origin. */
export function createOperatorTracker(options: OperatorTrackerOptions): OperatorTracker {
  const { client, caches, identity, namespace, revocations, listen, term, log } = options
  const knowledge = {
    client,
    identity,
    namespace,
    admit: createAdmit({ client, namespace, revocations, tracker: () => tracker, now: Date.now }),
    profile: caches.profiles.get.bind(caches.profiles),
    node: caches.nodes.get.bind(caches.nodes),
    now: Date.now,
  }
  const admitted = (name: string): PatchArtifact[] => {
    const profile = caches.profiles.get(name)
    return profile ? artifactsOf(caches, profile, namespace) : []
  }
  const site = (one: TrackerClientView): string | undefined =>
    readsFor(one, caches.profiles.get(one.identity.profile), knowledge.node)
  const isConnected = (peerId: string): boolean => tracker.client(peerId) !== undefined
  const readers = createReaders(isConnected, Date.now)
  const decisions = {
    authenticate: (...[hello, peerId, , signal]: Parameters<Authenticate>) =>
      authenticate(knowledge, hello, peerId, signal),
    grant: createGrants(client, caches.artifacts, {
      admitted,
      mayFallBack: ({ identity }, key) => mayFallBack(caches, identity, admitted(identity.profile), key),
      claims: createClaims(isConnected, Date.now),
      readers,
      assignment: (from, request) => assignmentFor({ tracker, readers, readsFor: site }, from, request),
      readsFor: site,
      agentsRead: (name) => caches.profiles.get(name)?.spec.origin.access === 'Agents',
    }).grant,
  }
  const tracker = createTrackerServer(
    { identity, log, decisions },
    { ...listen, epoch: () => term.epoch, isLeader: () => term.serving, reportIntervalMs },
  )
  return { tracker, readers }
}

interface ReadersOf {
  readonly tracker: TrackerServer
  readonly readers: Readers
  readonly readsFor: (client: TrackerClientView) => string | undefined
}

function assignmentFor(
  { tracker, readers, readsFor }: ReadersOf,
  from: TrackerClientView,
  request: GrantRequest,
): Assignment {
  const { profile } = from.identity
  const swarm = swarmKey(request.swarmId)
  const site = readsFor(from)
  const key = readersKey(profile, swarm, site)
  const lookOf = (client: TrackerClientView) => ({
    report: reportOf(client, swarm),
    saidAt: client.lastReportAt,
  })
  const ofRole = (role: string) =>
    tracker.clients().filter(({ identity }) => identity.profile === profile && identity.role === role)
  const signer = signerAmong(ofRole('seeder'))
  return {
    readers,
    key,
    from,
    request,
    signer: signer && lookOf(signer),
    own: site === undefined ? undefined : lookOf(from),
    others: ofRole('agent')
      .filter(({ peerId }) => peerId !== from.peerId && readers.isReader(key, peerId))
      .map((client) => ({ peerId: client.peerId, ...lookOf(client) })),
  }
}

/** The profile lets agents read for themselves, and something on this node waits for the artifact. */
function mayFallBack(
  caches: Caches,
  { profile, node }: { profile: string; node: string },
  admitted: readonly PatchArtifact[],
  key: string,
): boolean {
  if (caches.profiles.get(profile)?.spec.origin.fallback !== 'AfterStall') return false
  return workOn(caches, admitted, node).some(({ artifacts }) =>
    artifacts.some((one) => swarmOf(one).key === key),
  )
}

type Authenticate = Parameters<typeof createTrackerServer>[0]['decisions']['authenticate']
