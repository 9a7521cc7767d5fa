// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob, NodeDistribution, P2PProfile, PatchArtifact } from '@patchswarm/api'
import { artifactFileName, findCondition } from '@patchswarm/api'
import type { DesiredInit } from '@patchswarm/swarm/tracker'
import { directoryAllowed } from '../admission.ts'
import { isPaused } from '../job-state.ts'
import { deliveryId } from '../node-progress.ts'
import type { SecretLookup } from '../origin-secrets/credentials.ts'
import { digestOf } from '../patch-artifact/digest.ts'
import { isLasting, specOf } from '../patch-artifact/failure.ts'
import { signatureOf } from '../patch-artifact/signature.ts'
import { knownSize } from '../patch-artifact/size.ts'
import { readableSources } from '../patch-artifact/sources.ts'
import { nameOf, type Swarm, swarmOf } from '../swarm.ts'
import { bandwidthOf } from './bandwidth.ts'
import { cacheLimits } from './cache-limits.ts'

type ArtifactInit = NonNullable<DesiredInit['artifacts']>[number]
type DeliveryInit = NonNullable<DesiredInit['deliveries']>[number]

/** One node's part of a job that is not finished, with what it needs. */
export interface Work {
  readonly object: NodeDistribution
  readonly job: DistributionJob
  /** In the order of the job. */
  readonly artifacts: readonly PatchArtifact[]
}

/** Artifacts that are the same bytes in the same chunks: one to the nodes; the first by name speaks for them. */
export interface SwarmGroup {
  readonly swarm: Swarm
  readonly artifacts: readonly [PatchArtifact, ...PatchArtifact[]]
}

/** Made once for all clients of a profile, from artifacts whose namespace it admits and that are not being deleted. */
export function groupBySwarm(artifacts: readonly PatchArtifact[]): SwarmGroup[] {
  const groups = new Map<string, { swarm: Swarm; artifacts: [PatchArtifact, ...PatchArtifact[]] }>()
  for (const artifact of [...artifacts].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const swarm = swarmOf(artifact)
    const group = groups.get(swarm.key)
    if (group) group.artifacts.push(artifact)
    else groups.set(swarm.key, { swarm, artifacts: [artifact] })
  }
  return [...groups.values()]
}

/** What the desired state of one client follows from. */
export interface DesiredInput {
  readonly role: 'agent' | 'seeder'
  readonly profile: P2PProfile
  /** Everything that clients of the profile may hold. */
  readonly swarms: readonly SwarmGroup[]
  /** Of this client's node; empty for a seeder. */
  readonly work: readonly Work[]
  /** What is delivered there and is to stay as it is. */
  readonly kept?: readonly Work[]
  /** Peer IDs of the profile's connected seeders: each holds, or is about to hold, every artifact. */
  readonly seeders: readonly string[]
  /** Where agents read: peer IDs by key of the swarm. */
  readonly readers?: ReadonlyMap<string, readonly string[]> | undefined
  readonly peerId?: string
  /** One that reads: how many do so together with it, over one line to the origin. */
  readonly sharing?: number | undefined
  /** A seeder: it is the one that signs what agents read. */
  readonly signs?: boolean
  /** Keys of the swarms whose copy this client may evict. */
  readonly spare?: ReadonlySet<string> | undefined
  /** Networks of the cluster's Pods and Services, where no source may be. */
  readonly clusterNetworks?: readonly string[]
  /** What the Secrets of sources hold. */
  readonly secrets: SecretLookup
  /** Some jobs rest at some hours. */
  readonly now: Date
}

/** All that a client should hold and do; what is missing here it gives up. */
export function desiredFor(input: DesiredInput): DesiredInit {
  const { profile, role } = input
  const { admit, maxPeers } = profile.spec.peers
  const wipe = !profile.spec.enabled || profile.metadata.deletionTimestamp !== undefined
  if (wipe) return { artifacts: [], deliveries: [], admit: [], maxPeers, wipe }
  const deliveries = role === 'agent' ? input.work.flatMap((work) => deliveriesOf(input, work)) : []
  const bandwidth = bandwidthOf(profile, input.sharing)
  const artifacts = artifactsFor(input, deliveries)
  const limits = { ...limitsFor(input), ...accessFor(input), ...guardsFor(input) }
  return { artifacts, deliveries, admit, maxPeers, wipe: false, bandwidth, ...limits }
}

/** Files that agents look after; what is only in the cache has none. */
function guardsFor({ profile, kept = [] }: DesiredInput): Pick<DesiredInit, 'guards'> {
  const guards = kept.flatMap(({ object, job, artifacts }) => {
    const { namespace = '', uid = '' } = job.metadata
    const { directory } = job.spec.delivery
    if (directory === undefined || !directoryAllowed(profile, namespace, directory)) return []
    return artifacts.map((artifact) => ({
      id: deliveryId(uid, artifact.metadata.name, object.status?.attempt),
      directory,
      fileName: artifactFileName(artifact.spec),
      digest: digestOf(artifact),
    }))
  })
  return guards.length > 0 ? { guards } : {}
}

/** A seeder holds all that is listed: what leaves its cache would be read from the origin again. */
function limitsFor({ role, profile }: DesiredInput): Pick<DesiredInit, 'cache'> {
  return role === 'agent' ? { cache: cacheLimits(profile) } : {}
}

/** Whoever may never read a source need not know where sources may be. */
function accessFor(input: DesiredInput): Pick<DesiredInit, 'originAccess'> {
  const { role, profile, swarms, clusterNetworks = [] } = input
  const { allowedDomains, tlsMinVersion, fallback } = profile.spec.origin
  const mayRead = role === 'seeder' || fallback !== 'Never' || swarms.some((group) => isReader(input, group))
  if (!mayRead) return {}
  return { originAccess: { allowedDomains, tlsMinVersion, clusterNetworks: [...clusterNetworks] } }
}

function deliveriesOf({ profile, now }: DesiredInput, { object, job, artifacts }: Work): DeliveryInit[] {
  const { namespace = '', name, uid = '' } = job.metadata
  const { method, directory = '', mode, owner, keepVersions = 0 } = job.spec.delivery
  if (directory !== '' && !directoryAllowed(profile, namespace, directory)) return []
  return artifacts.map((artifact) => ({
    id: deliveryId(uid, artifact.metadata.name, object.status?.attempt),
    job: `${namespace}/${name}`,
    swarmId: swarmOf(artifact).id,
    directory,
    fileName: artifactFileName(artifact.spec),
    mode: Number.parseInt(mode, 8),
    owner: owner ?? '',
    method,
    series: artifact.spec.series ? `${namespace}/${artifact.spec.series}` : '',
    keepVersions,
    suspended: isPaused(job, now),
  }))
}

function artifactsFor(input: DesiredInput, deliveries: readonly DeliveryInit[]): ArtifactInit[] {
  if (input.role === 'seeder') return input.swarms.map((group) => forSeeder(input, group))
  // Nobody but the seeder has anything to do with a file that nobody knows yet.
  const swarms = input.swarms.filter(({ artifacts: [first] }) => digestOf(first) !== '')
  return swarms.map((group) => {
    const wanting = deliveries.filter((one) => sameBytes(one.swarmId, group.swarm.id))
    const wanted = wanting.length > 0 || isReader(input, group)
    return {
      ...common(input, group),
      ...failureOf(group),
      wanted,
      suspended: wanting.length > 0 && wanting.every((one) => one.suspended),
      spare: input.spare?.has(group.swarm.key) ?? false,
      ...originForAgent(input, group, wanted),
    }
  })
}

/** An agent that may never read a source is not told where they are, and of Secrets none that it does not need. */
function originForAgent(
  input: DesiredInput,
  group: SwarmGroup,
  wanted: boolean,
): Pick<ArtifactInit, 'origin'> {
  const { fallback, stallSeconds } = input.profile.spec.origin
  const reads = isReader(input, group)
  if (!wanted || (fallback === 'Never' && !reads)) return {}
  const afterStallMs = fallback === 'Never' ? 0 : stallSeconds * 1000
  const forSite = reads && input.profile.spec.origin.perSite
  return { origin: { ...originOf(input, group), afterStallMs, reads, forSite } }
}

const isReader = ({ readers, peerId = '' }: DesiredInput, { swarm }: SwarmGroup): boolean =>
  readers?.get(swarm.key)?.includes(peerId) ?? false

function forSeeder(input: DesiredInput, group: SwarmGroup): ArtifactInit {
  const origin = originOf(input, group)
  const collects = input.profile.spec.origin.access === 'Agents'
  return {
    ...common(input, group),
    wanted: readableOf(group) !== undefined && origin.sources.length > 0,
    suspended: false,
    origin,
    collects,
    readers: input.signs ? [...(input.readers?.get(group.swarm.key) ?? [])].sort() : [],
  }
}

export const readableOf = ({ artifacts }: SwarmGroup): PatchArtifact | undefined =>
  artifacts.find((one) => !hasFailedForGood(one))

/** For which of them somebody reads: their sources, sizes and budgets may be different ones. */
export const readFor = (group: SwarmGroup): PatchArtifact => readableOf(group) ?? group.artifacts[0]

function originOf({ secrets, role, profile }: DesiredInput, group: SwarmGroup) {
  const one = readFor(group)
  const files = role === 'seeder' && profile.spec.seeder.import !== undefined
  const sources = readableSources(one, secrets, { files })
  const begun = group.artifacts.some(({ status }) => (status?.origin?.bytesGranted ?? 0) > 0)
  const signatureUrl = signatureWanted(group)
  return { sources, expectedSize: one.spec.size ?? 0, begun, signatureUrl, spec: specOf(one) }
}

/** Of several artifacts with the same bytes one after the other: their signatures may be different ones. */
function signatureWanted({ artifacts }: SwarmGroup): string {
  const pending = artifacts.find((one) => signatureOf(one).state === 'pending')
  return pending?.spec.signature?.url ?? ''
}

function common({ seeders }: DesiredInput, group: SwarmGroup) {
  const { swarm, artifacts } = group
  const [first] = artifacts
  const read = artifacts.find((one) => one.status?.cid !== undefined)
  const known = read?.status
  return {
    swarmId: swarm.id,
    name: nameOf(first),
    digest: digestOf(read ?? first),
    chunkSize: first.spec.chunking?.size ?? 0,
    chunkStrategy: first.spec.chunking?.strategy ?? 'Fixed',
    size: known?.size ?? knownSize(readFor(group)),
    cid: known?.cid ?? '',
    seeders: [...seeders].sort(),
  }
}

/** What was read is not the file of the digest, and no other artifact says where else it could come from. */
function failureOf({ artifacts }: SwarmGroup): Pick<ArtifactInit, 'failure' | 'failureMessage'> {
  const stalled = artifacts.map(({ status }) => findCondition(status?.conditions, 'Stalled'))
  const wrong = stalled.find((one) => one?.reason === 'DigestMismatch')
  if (wrong === undefined || !artifacts.every(hasFailedForGood)) return {}
  return { failure: wrong.reason, failureMessage: wrong.message }
}

/** A reader that has found the wrong file is not asked again before the sources change. */
function hasFailedForGood({ metadata, status }: PatchArtifact): boolean {
  const stalled = findCondition(status?.conditions, 'Stalled')
  return (
    stalled !== undefined && isLasting(stalled.reason) && stalled.observedGeneration === metadata.generation
  )
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.compare(a, b) === 0
