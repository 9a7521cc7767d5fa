// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import {
  type DesiredInit,
  peerLists,
  type TrackerClientView,
  type TrackerServer,
} from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import type { Caches } from '../caches.ts'
import { isPaused } from '../job-state.ts'
import { isEqual } from '../merge-patch.ts'
import type { OriginSecrets } from '../origin-secrets/origin-secrets.ts'
import { swarmKey, swarmOf } from '../swarm.ts'
import type { ClusterNetworks } from './cluster-networks.ts'
import { desiredFor, groupBySwarm, type SwarmGroup, type Work } from './desired.ts'
import { electAll, signerAmong } from './readers/elections.ts'
import type { Readers } from './readers/readers.ts'
import type { Roster } from './roster.ts'
import { sited } from './sites.ts'
import { type Holder, spareCopies } from './spare-copies.ts'
import { artifactsOf, keptByNode, wantedByJobs, workByNode } from './work.ts'

export interface PublisherOptions {
  tracker: TrackerServer
  roster: Roster
  caches: Caches
  readers: Readers
  operatorNamespace: string
  clusterNetworks: ClusterNetworks
  secrets: OriginSecrets
  log: Logger
}

/** Changes that come within this many milliseconds are published together; in a large cluster, more of them. */
const gatherMs = 50
/** Publishing takes at most one part in so many of a core. */
const share = 4

/**
 * Tells clients what to hold and do, and whom to talk to, whenever what that follows from has changed. The tracker sends
 * only what differs from what a client has, so publishing too often is harmless.
 */
export function runPublisher(options: PublisherOptions, signal: AbortSignal): void {
  const { tracker, caches, roster, readers, secrets, log } = options
  const told: Told = new Map()
  let timer: NodeJS.Timeout | undefined
  let tookMs = 0
  const flush = (): void => {
    timer = undefined
    const startedAt = performance.now()
    try {
      const read = caches.profiles.list().flatMap((profile) => publishProfile(options, profile, told))
      readers.retain(new Set(read))
      for (const peerId of told.keys()) if (!tracker.client(peerId)) told.delete(peerId)
    } catch (error) {
      log.error({ err: error }, 'desired state could not be published')
    }
    tookMs = performance.now() - startedAt
  }
  const soon = (): void => {
    if (!signal.aborted) timer ??= setTimeout(flush, Math.max(gatherMs, share * tookMs))
  }
  const stops = [
    caches.profiles.onChange(soon),
    caches.artifacts.onChange(soon),
    caches.jobs.onChange(soon),
    caches.nodeDistributions.onChange(soon),
    caches.namespaces.onChange(soon),
    caches.nodes.onChange(({ object, old }) => {
      if (!isEqual(object.metadata.labels, old?.metadata.labels)) soon()
    }),
    secrets.onChange(soon),
    roster.onMembers(soon),
    roster.onCopies(soon),
    readers.onChange(soon),
  ]
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    },
    { once: true },
  )
  soon()
}

/** By peer ID: revision of the desired state that was sent last. */
type Told = Map<string, number>

/** @returns the elections of those that read for the profile */
function publishProfile(options: PublisherOptions, profile: P2PProfile, told: Told): readonly string[] {
  const { tracker, roster, caches, operatorNamespace, clusterNetworks } = options
  const { name } = profile.metadata
  const here = (clients: readonly TrackerClientView[]) =>
    sited(clients, profile, caches.nodes.get.bind(caches.nodes))
  const seeders = here(roster.clients(name, 'seeder'))
  const agents = here(roster.clients(name, 'agent'))
  if (seeders.length + agents.length === 0) return []
  const artifacts = artifactsOf(caches, profile, operatorNamespace)
  const swarms = groupBySwarm(artifacts)
  const work = workByNode(caches, artifacts)
  const kept = keptByNode(caches, artifacts)
  const peerIds = seeders.map((one) => one.peerId)
  const spare = spareByPeer(options, profile, swarms, [...seeders, ...agents], told)
  const wants = (node: string, key: string) => waitsFor(work.get(node) ?? [], key)
  const { readers, keys, open } = electAll(options.readers, profile, swarms, { seeders, agents, wants })
  const signer = signerAmong(seeders)
  const memberships: { key: string; client: TrackerClientView }[] = []
  for (const client of [...seeders, ...agents]) {
    const { role, node } = client.identity
    const mine = role === 'agent' ? (work.get(node) ?? []) : []
    const desired = desiredFor({
      role,
      profile,
      swarms,
      work: mine,
      kept: role === 'agent' ? (kept.get(node) ?? []) : [],
      seeders: peerIds,
      readers,
      peerId: client.peerId,
      signs: client === signer,
      spare: spare.get(client.peerId),
      clusterNetworks: clusterNetworks.list(),
      secrets: options.secrets.lookup,
    })
    told.set(client.peerId, tracker.publishDesired(client.peerId, desired) ?? Infinity)
    for (const key of swarmsOf(client, desired, roster)) memberships.push({ key, client })
  }
  const { maxPeers } = profile.spec.peers
  for (const [key, members] of Map.groupBy(memberships, (one) => one.key)) {
    const clients = members.map(({ client }) => client)
    const swarmId = Buffer.from(key, 'hex')
    for (const [peerId, peers] of peerLists(clients, maxPeers, swarmId, readers.get(key), open.get(key)))
      tracker.publishPeers(peerId, swarmId, peers)
  }
  return keys
}

const waitsFor = (work: readonly Work[], key: string): boolean =>
  work.some(
    ({ job, artifacts }) => !isPaused(job) && artifacts.some((artifact) => swarmOf(artifact).key === key),
  )

/** By peer ID: keys of the swarms whose copy that client may evict. */
function spareByPeer(
  { roster, caches }: PublisherOptions,
  profile: P2PProfile,
  swarms: readonly SwarmGroup[],
  clients: readonly TrackerClientView[],
  told: Told,
): Map<string, Set<string>> {
  const { minSeeders } = profile.spec.cache
  const wanted = wantedByJobs(caches)
  const spare = new Map<string, Set<string>>()
  for (const { swarm, artifacts } of swarms) {
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
  const knows = (report?.desiredRevision ?? 0) >= (told.get(peerId) ?? Infinity)
  return [{ peerId, site, role, sure: copy.kept && knows, unwelcome: copy.unwelcome }]
}

/** A client is in a swarm when it is to have the artifact, or holds part of it and may keep that. */
function swarmsOf({ peerId, identity }: TrackerClientView, desired: DesiredInit, roster: Roster): string[] {
  const held = roster.holds(peerId)
  return (desired.artifacts ?? [])
    .filter((one) => one.swarmId !== undefined)
    .map((one) => ({
      key: swarmKey(one.swarmId as Uint8Array),
      wanted: one.wanted || identity.role === 'seeder',
    }))
    .filter(({ key, wanted }) => wanted || held.has(key))
    .map(({ key }) => key)
}
