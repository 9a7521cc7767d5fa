// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile, PatchArtifact } from '@patchswarm/api'
import { swarmKey } from '@patchswarm/swarm/manifest'
import type { ArtifactReport, TrackerClientView } from '@patchswarm/swarm/tracker'
import { digestOf } from '../../patch-artifact/digest.ts'
import { originReasonOf } from '../../patch-artifact/failure.ts'
import { readableOf, type SwarmGroup } from '../desired.ts'
import { isWhole } from '../roster.ts'
import { type Candidate, READERS } from './election.ts'
import { sitesToRead } from './per-site.ts'
import { type Readers, readersKey } from './readers.ts'

/** Of two seeders one signs. */
export const signerAmong = (seeders: readonly TrackerClientView[]): TrackerClientView | undefined =>
  seeders.toSorted((a, b) => (a.peerId < b.peerId ? -1 : 1))[0]

export const reportOf = (client: TrackerClientView | undefined, key: string): ArtifactReport | undefined =>
  client?.report?.artifacts.find((one) => swarmKey(one.swarmId) === key)

export interface Electorate {
  readonly seeders: readonly TrackerClientView[]
  readonly agents: readonly TrackerClientView[]
  /** Whether something on that node waits for the swarm. */
  readonly wants: (node: string, key: string) => boolean
}

/** Who reads what of a profile. */
export interface Elected {
  /** Peer IDs by key of the swarm. */
  readonly readers: ReadonlyMap<string, readonly string[]>
  /** By peer ID: how many read, this one among them; in its site, where each reads for itself. */
  readonly sharing: ReadonlyMap<string, number>
  /** Under which each election is kept. */
  readonly keys: readonly string[]
  /** Where chunks stay in their site: who gets them from others all the same, by key of the swarm. */
  readonly open: ReadonlyMap<string, ReadonlySet<string>>
}

/** Elects readers for all that a profile has agents read and that no seeder has; or no site, where each reads for itself. */
export function electAll(
  readers: Readers,
  profile: P2PProfile,
  swarms: readonly SwarmGroup[],
  electorate: Electorate,
): Elected {
  const elected = new Map<string, readonly string[]>()
  const bySite = new Map<string | undefined, Set<string>>()
  const keys: string[] = []
  const open = new Map<string, ReadonlySet<string>>()
  const barred = barredBy(swarms)
  const { access, perSite } = profile.spec.origin
  if (access !== 'Agents') return { readers: elected, sharing: new Map(), keys, open }
  for (const group of swarms.filter(isInParts)) {
    const { key } = group.swarm
    const chosen: string[] = []
    for (const { site, candidates, most } of electionsFor(profile, group, electorate, barred)) {
      const electionKey = readersKey(profile.metadata.name, key, site)
      keys.push(electionKey)
      const some = readers.elect(electionKey, candidates, most)
      bySite.set(site, new Set([...(bySite.get(site) ?? []), ...some]))
      chosen.push(...some)
    }
    if (chosen.length > 0) elected.set(key, chosen)
    if (perSite) open.set(key, openSeeders(key, chosen, electorate))
  }
  return { readers: elected, sharing: sharingOf([...bySite.values()]), keys, open }
}

const sharingOf = (lines: readonly ReadonlySet<string>[]): Map<string, number> =>
  new Map(lines.flatMap((some) => [...some].map((peerId) => [peerId, some.size] as const)))

interface Election {
  /** That reads for itself; undefined where all read for all. */
  readonly site: string | undefined
  readonly candidates: readonly Candidate[]
  readonly most: number
}

function electionsFor(
  profile: P2PProfile,
  group: SwarmGroup,
  { seeders, agents, wants }: Electorate,
  barred: ReadonlySet<string>,
): Election[] {
  const artifact = readableOf(group)
  if (artifact === undefined) return []
  const { key } = group.swarm
  const fit = agents.filter((agent) => isFit(agent, key, artifact))
  const trusted = fit.filter(({ identity }) => !barred.has(identity.node))
  // Where there is nobody else a liar may read: the seeder sees to it.
  const candidates = (trusted.length > 0 ? trusted : fit).map((agent) => {
    const { site, node } = agent.identity
    const fails = doesFail(artifact, reportOf(agent, key))
    return { peerId: agent.peerId, site, wants: wants(node, key), fails }
  })
  const isSeeded = seeders.some((seeder) => hasWhole(seeder, key))
  const { origin, peers } = profile.spec
  if (!origin.perSite) return isSeeded ? [] : [{ site: undefined, candidates, most: READERS }]
  const sites = sitesToRead({
    candidates,
    whole: new Set([...seeders, ...agents].filter((one) => hasWhole(one, key)).map(siteOf)),
    seederSite: signerAmong(seeders)?.identity.site,
    isSeeded,
    most: peers.maxPeers,
  })
  const most = Math.max(1, Math.min(READERS, Math.floor(peers.maxPeers / sites.length)))
  return sites.map((site) => ({ site, candidates: candidates.filter((one) => one.site === site), most }))
}

/** Seeders in whose site nobody has the whole and nobody gets on reading it. */
function openSeeders(
  key: string,
  readers: readonly string[],
  { seeders, agents }: Electorate,
): ReadonlySet<string> {
  const getsOn = (agent: TrackerClientView): boolean =>
    readers.includes(agent.peerId) && !reportOf(agent, key)?.originReason
  const served = new Set(agents.filter((one) => hasWhole(one, key) || getsOn(one)).map(siteOf))
  return new Set(seeders.filter((one) => !served.has(siteOf(one))).map(({ peerId }) => peerId))
}

/** Nodes that have said something else of any of these files than its sources send. */
const barredBy = (swarms: readonly SwarmGroup[]): ReadonlySet<string> =>
  new Set(
    swarms.flatMap(({ artifacts }) => artifacts.flatMap(({ status }) => status?.origin?.barredNodes ?? [])),
  )

/** Else nobody could say where parts of the others are cut, or that all are of one file. */
const isInParts = ({ artifacts: [one] }: SwarmGroup): boolean =>
  one.spec.chunking?.strategy !== 'ContentDefined' && digestOf(one) !== ''

function hasWhole(client: TrackerClientView, key: string): boolean {
  const report = reportOf(client, key)
  return report !== undefined && isWhole(report) && report.cid !== ''
}

const siteOf = ({ identity: { site } }: TrackerClientView): string => site

function isFit(agent: TrackerClientView, key: string, artifact: PatchArtifact): boolean {
  const report = reportOf(agent, key)
  const reasons = [report?.reason, originReasonOf(artifact, report)]
  const isFull = (agent.report?.cache?.refusal ?? '') !== '' || reasons.includes('InsufficientDisk')
  // It sees another file than those before it have seen.
  return !isFull && !reasons.includes('OriginChanged')
}

/** Others may have a way to the sources, and see the right file where a proxy answers this one. */
function doesFail(artifact: PatchArtifact, report: ArtifactReport | undefined): boolean {
  const reason = originReasonOf(artifact, report)
  if (reason === 'SizeMismatch') return true
  // While it is at a range it tries again: that would have to be granted twice, and it may be the origin that is away.
  return ['OriginUnreachable', 'SourceForbidden'].includes(reason) && report?.reading.length === 0
}
