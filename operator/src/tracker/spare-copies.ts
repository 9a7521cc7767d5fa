// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** A client that holds the whole of an artifact. */
export interface Holder {
  readonly peerId: string
  readonly site: string
  readonly role: 'agent' | 'seeder'
  /** It has said that it keeps its copy, knowing all that it was told. */
  readonly sure: boolean
  /** It would rather be rid of it. */
  readonly unwelcome: boolean
}

export interface Demand {
  /** Of the swarm, so that not the same nodes keep everything. */
  readonly key: string
  readonly minSeeders: number
  /** A job that is not finished names the artifact. */
  readonly wanted: boolean
}

/**
 * Peer IDs of the agents that may evict their copy. While a job wants the artifact `minSeeders` copies stay in every
 * site, else one anywhere. Which ones follows from the holders alone: seeders first, those that would rather be rid of
 * theirs last, and who has not said yet that it keeps its copy after who has: else each newcomer would make all of a
 * large site wait. Nobody may evict before all that are to keep theirs have said that they do: the last copies never go at once.
 */
export function spareCopies(holders: readonly Holder[], demand: Demand): Set<string> {
  const groups = demand.wanted ? bySite(holders) : [holders]
  const floor = demand.wanted ? demand.minSeeders : Math.min(1, demand.minSeeders)
  return new Set(groups.flatMap((group) => spareOf(group, floor, demand.key)))
}

function spareOf(holders: readonly Holder[], floor: number, key: string): string[] {
  if (holders.length <= floor) return []
  const ranked = holders
    .map((holder) => ({ holder, rank: rankOf(holder), hash: hashOf(holder.peerId, key) }))
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        Number(b.holder.sure) - Number(a.holder.sure) ||
        a.hash - b.hash ||
        (a.holder.peerId < b.holder.peerId ? -1 : 1),
    )
    .map(({ holder }) => holder)
  if (!ranked.slice(0, floor).every(({ sure, role }) => sure || role === 'seeder')) return []
  return ranked
    .slice(floor)
    .filter(({ role }) => role === 'agent')
    .map(({ peerId }) => peerId)
}

const rankOf = ({ role, unwelcome }: Holder): number => (role === 'seeder' ? 0 : unwelcome ? 2 : 1)

function bySite(holders: readonly Holder[]): Holder[][] {
  const sites = new Map<string, Holder[]>()
  for (const holder of holders) {
    const group = sites.get(holder.site) ?? []
    group.push(holder)
    sites.set(holder.site, group)
  }
  return [...sites.values()]
}

/** FNV-1a, stirred once more: made for every holder of every artifact whenever something is published. */
function hashOf(peerId: string, key: string): number {
  let hash = 0x811c9dc5
  const text = key.slice(0, 16) + peerId
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
