// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { ArtifactReport, TrackerClientView } from '@patchswarm/swarm/tracker'
import { swarmKey } from '../../swarm.ts'
import { readableOf, type SwarmGroup } from '../desired.ts'
import { isWhole } from '../roster.ts'
import type { Candidate } from './election.ts'
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

/** Elects readers for all that a profile has agents read and that no seeder has. @returns peer IDs by key of the swarm */
export function electAll(
  readers: Readers,
  profile: P2PProfile,
  swarms: readonly SwarmGroup[],
  { seeders, agents, wants }: Electorate,
): Map<string, readonly string[]> {
  const elected = new Map<string, readonly string[]>()
  if (profile.spec.origin.access !== 'Agents') return elected
  for (const group of swarms) {
    const { key } = group.swarm
    if (!isToBeRead(group, seeders)) continue
    const candidates = agents
      .filter((agent) => isFit(agent, key))
      .map((agent) => candidateOf(agent, key, wants))
    elected.set(key, readers.elect(readersKey(profile.metadata.name, key), candidates))
  }
  return elected
}

function isToBeRead(group: SwarmGroup, seeders: readonly TrackerClientView[]): boolean {
  const { key } = group.swarm
  const readable = readableOf(group)
  if (readable === undefined || readable.spec.chunking?.strategy === 'ContentDefined') return false
  return !seeders.some((seeder) => {
    const report = reportOf(seeder, key)
    return report !== undefined && isWhole(report) && report.cid !== ''
  })
}

function isFit(agent: TrackerClientView, key: string): boolean {
  const report = reportOf(agent, key)
  const reasons = [report?.reason ?? '', report?.originReason ?? '']
  const isFull = (agent.report?.cache?.refusal ?? '') !== '' || reasons.includes('InsufficientDisk')
  // It sees another file than those before it have seen.
  return !isFull && !reasons.includes('OriginChanged')
}

const candidateOf = (
  { peerId, identity: { site, node } }: TrackerClientView,
  key: string,
  wants: Electorate['wants'],
): Candidate => ({ peerId, site, wants: wants(node, key) })
