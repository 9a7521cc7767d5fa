// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { DesiredInit, TrackerClientView, TrackerServer } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import type { Caches } from '../caches.ts'
import { isPaused } from '../job-state.ts'
import type { OriginSecrets } from '../origin-secrets/origin-secrets.ts'
import { swarmOf } from '../swarm.ts'
import type { ClusterNetworks } from './cluster-networks.ts'
import { groupBySwarm, type SwarmGroup, type Work } from './desired.ts'
import { createDesiredStates, type DesiredOfMany } from './desired-states.ts'
import type { Breathe } from './pace.ts'
import type { Membership } from './peer-hand-out.ts'
import { type Elected, electAll, signerAmong } from './readers/elections.ts'
import type { Readers } from './readers/readers.ts'
import type { Roster } from './roster.ts'
import { sited } from './sites.ts'
import { type Holder, spareCopies } from './spare-copies.ts'
import { artifactsOf, keptByNode, wantedByJobs, workByNode } from './work.ts'

export interface PublicationOptions {
  tracker: TrackerServer
  roster: Roster
  caches: Caches
  readers: Readers
  operatorNamespace: string
  clusterNetworks: ClusterNetworks
  secrets: OriginSecrets
  now: () => number
  log: Logger
}

/** By peer ID. */
export interface Told {
  /** Of the desired state that was sent last. */
  readonly revisions: Map<string, number>
  /** Why the newest one was not. */
  readonly troubles: Map<string, string>
}

/** Tells every client its desired state. @returns who is in each swarm, by profile and key of the swarm */
export async function publish(
  options: PublicationOptions,
  told: Told,
  breathe: Breathe,
): Promise<Map<string, Membership>> {
  const { tracker, caches, readers } = options
  const swarms = new Map<string, Membership>()
  const read = new Set<string>()
  for (const profile of caches.profiles.list()) {
    const { name } = profile.metadata
    const { maxPeers } = profile.spec.peers
    const published = await publishProfile(options, profile, told, breathe)
    for (const key of published.elected.keys) read.add(key)
    for (const [key, members] of published.members) {
      const readers = published.elected.readers.get(key) ?? []
      const open = published.elected.open.get(key)
      swarms.set(`${name}/${key}`, { id: Buffer.from(key, 'hex'), members, maxPeers, readers, open })
    }
  }
  readers.retain(read)
  for (const about of [told.revisions, told.troubles])
    for (const peerId of about.keys()) if (!tracker.client(peerId)) about.delete(peerId)
  return swarms
}

interface Published {
  /** Clients of a profile by key of the swarm. */
  readonly members: ReadonlyMap<string, readonly TrackerClientView[]>
  readonly elected: Elected
}

async function publishProfile(
  options: PublicationOptions,
  profile: P2PProfile,
  told: Told,
  breathe: Breathe,
): Promise<Published> {
  const { caches, operatorNamespace } = options
  const { seeders, agents } = connectedOf(options, profile)
  const clients = [...seeders, ...agents]
  const artifacts = artifactsOf(caches, profile, operatorNamespace)
  const swarms = groupBySwarm(artifacts)
  await breathe()
  const work = workByNode(caches, artifacts)
  await breathe()
  const kept = keptByNode(caches, artifacts)
  const now = new Date(options.now())
  const wants = (node: string, key: string) => waitsFor(work.get(node) ?? [], key, now)
  await breathe()
  const elected = electAll(options.readers, profile, swarms, { seeders, agents, wants })
  const spare = await spareByPeer(options, { profile, swarms, clients, told }, breathe)
  const stateOf = createDesiredStates({
    profile,
    swarms,
    seeders: seeders.map(({ peerId }) => peerId),
    readers: elected.readers,
    clusterNetworks: options.clusterNetworks.list(),
    secrets: options.secrets.lookup,
    now,
  })
  const signer = signerAmong(seeders)
  const members = await tellEach(options, clients, told, breathe, (client) => {
    const { peerId } = client
    const { role, node } = client.identity
    const ofNode =
      role === 'agent' ? { work: work.get(node) ?? [], kept: kept.get(node) ?? [] } : { work: [] }
    const sharing = elected.sharing.get(peerId)
    return stateOf({ role, ...ofNode, peerId, sharing, signs: client === signer, spare: spare.get(peerId) })
  })
  return { members, elected }
}

/** @returns who is in each swarm by what it was told */
async function tellEach(
  options: PublicationOptions,
  clients: readonly TrackerClientView[],
  told: Told,
  breathe: Breathe,
  stateFor: (client: TrackerClientView) => DesiredOfMany,
): Promise<Published['members']> {
  const { tracker, roster } = options
  const members = new Map<string, TrackerClientView[]>()
  for (const client of clients) {
    await breathe()
    const { peerId, connectedAt } = client
    // Another one by now: that it has come is published next.
    if (tracker.client(peerId)?.connectedAt !== connectedAt) continue
    const state = stateFor(client)
    tell(options, told, peerId, state.desired)
    for (const key of swarmsOf(state, roster.holds(peerId))) membersOf(members, key).push(client)
  }
  return members
}

/** What cannot be told to one client is no reason to tell others nothing; it is tried each time, and logged once. */
function tell({ tracker, log }: PublicationOptions, told: Told, peerId: string, desired: DesiredInit): void {
  try {
    told.revisions.set(peerId, tracker.publishDesired(peerId, desired) ?? Infinity)
    told.troubles.delete(peerId)
  } catch (error) {
    const { message } = error as Error
    if (told.troubles.get(peerId) !== message)
      log.error(
        { err: error, peerId },
        'the desired state cannot be sent; this client goes on with the one before',
      )
    told.troubles.set(peerId, message)
  }
}

/** Connected clients of the profile, each where it is now. */
function connectedOf({ roster, caches }: PublicationOptions, profile: P2PProfile) {
  const here = (role: 'agent' | 'seeder') =>
    sited(roster.clients(profile.metadata.name, role), profile, caches.nodes.get.bind(caches.nodes))
  return { seeders: here('seeder'), agents: here('agent') }
}

/** A client is in a swarm when it is to have the artifact, or holds part of it and may keep that. */
const swarmsOf = ({ joined, listed }: DesiredOfMany, held: ReadonlySet<string>): Set<string> =>
  new Set([...joined, ...[...held].filter((key) => listed.has(key))])

function membersOf(members: Map<string, TrackerClientView[]>, key: string): TrackerClientView[] {
  const some = members.get(key) ?? []
  members.set(key, some)
  return some
}

const waitsFor = (work: readonly Work[], key: string, now: Date): boolean =>
  work.some(
    ({ job, artifacts }) =>
      artifacts.some((artifact) => swarmOf(artifact).key === key) && !isPaused(job, now),
  )

interface Copies {
  readonly profile: P2PProfile
  readonly swarms: readonly SwarmGroup[]
  readonly clients: readonly TrackerClientView[]
  readonly told: Told
}

/** By peer ID: keys of the swarms whose copy that client may evict. */
async function spareByPeer(
  { roster, caches }: PublicationOptions,
  { profile, swarms, clients, told }: Copies,
  breathe: Breathe,
): Promise<Map<string, Set<string>>> {
  const { minSeeders } = profile.spec.cache
  const wanted = wantedByJobs(caches)
  const spare = new Map<string, Set<string>>()
  for (const { swarm, artifacts } of swarms) {
    await breathe()
    const holders = clients.flatMap((client) => holderOf(client, swarm.key, roster, told))
    const demand = { key: swarm.key, minSeeders, wanted: artifacts.some(wanted) }
    for (const peerId of spareCopies(holders, demand))
      spare.set(peerId, (spare.get(peerId) ?? new Set()).add(swarm.key))
  }
  return spare
}

function holderOf(
  { peerId, identity: { site, role }, report }: TrackerClientView,
  key: string,
  roster: Roster,
  told: Told,
): Holder[] {
  const copy = roster.copies(peerId).get(key)
  if (copy === undefined) return []
  // Whoever was told something since its report may act on it before it reports again.
  const knows = (report?.desiredRevision ?? 0) >= (told.revisions.get(peerId) ?? Infinity)
  return [{ peerId, site, role, sure: copy.kept && knows, unwelcome: copy.unwelcome }]
}
