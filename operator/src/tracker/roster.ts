// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { swarmKey } from '@patchswarm/swarm/manifest'
import type { ArtifactReport, TrackerClientView, TrackerServer } from '@patchswarm/swarm/tracker'

type Role = 'agent' | 'seeder'

/** What a client says of its whole copy of an artifact. */
export interface Copy {
  /** It stays there until the client is told that it may go. */
  readonly kept: boolean
  /** The client would rather be rid of it. */
  readonly unwelcome: boolean
}

/** Who is connected, by profile, role and node. */
export interface Roster {
  clients(profile: string, role: Role): readonly TrackerClientView[]
  agentOn(profile: string, node: string): TrackerClientView | undefined
  /** Keys of the swarms of which this client holds chunks. */
  holds(peerId: string): ReadonlySet<string>
  /** By key of the swarm: artifacts of which this client holds the whole. */
  copies(peerId: string): ReadonlyMap<string, Copy>
  /** Called when a client came, went, or began or ceased to hold an artifact. */
  onMembers(listener: (client: TrackerClientView) => void): () => void
  /** Called when a client says something else of its whole copies, or with knowledge of a newer desired state. */
  onCopies(listener: () => void): () => void
}

/**
 * An index over the tracker's clients. A node runs one agent of a profile: when another one connects, what is left of the
 * earlier one's connection is closed. It may come back, for a Pod that is still ending may be the one that came last; once
 * it is gone its token is refused.
 */
export function createRoster(tracker: TrackerServer): Roster {
  const byProfile = new Map<string, Set<string>>()
  const onNode = new Map<string, string>()
  const held = new Map<string, Set<string>>()
  const copies = createCopies()
  const listeners = new Set<(client: TrackerClientView) => void>()
  const tell = (client: TrackerClientView): void => {
    for (const listener of listeners) listener(client)
  }

  tracker.onConnect((client) => {
    groupOf(byProfile, profileKey(client)).add(client.peerId)
    const before = onNode.get(nodeKey(client))
    onNode.set(nodeKey(client), client.peerId)
    held.delete(client.peerId)
    copies.forget(client.peerId)
    if (before !== undefined && before !== client.peerId) {
      tracker.refuse(before, 'Replaced', 'another agent has connected from this node')
    }
    tell(client)
  })
  tracker.onDisconnect((client) => {
    byProfile.get(profileKey(client))?.delete(client.peerId)
    held.delete(client.peerId)
    copies.forget(client.peerId)
    if (onNode.get(nodeKey(client)) === client.peerId) onNode.delete(nodeKey(client))
    tell(client)
  })
  tracker.onReport((client) => {
    const now = heldBy(client)
    const before = held.get(client.peerId)
    held.set(client.peerId, now)
    if (!before || !sameSet(before, now)) tell(client)
    copies.take(client)
  })

  const view = (peerId: string | undefined) => (peerId === undefined ? undefined : tracker.client(peerId))
  return {
    clients: (profile, role) =>
      [...(byProfile.get(`${profile}/${role}`) ?? [])].map(view).filter((one) => one !== undefined),
    agentOn: (profile, node) => view(onNode.get(`${profile}/agent/${node}`)),
    holds: (peerId) => held.get(peerId) ?? new Set(),
    copies: copies.of,
    onCopies: copies.onChange,
    onMembers(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Whether the report says that the whole is there. */
export const isWhole = (report: ArtifactReport): boolean =>
  report.state === 'Complete' ||
  // Without a root it has all chunks of a manifest that nobody has proven.
  (report.cid !== '' && report.chunksTotal > 0 && report.chunksHeld === report.chunksTotal)

function createCopies() {
  const known = new Map<string, { revision: number; copies: ReadonlyMap<string, Copy> }>()
  const listeners = new Set<() => void>()
  return {
    of: (peerId: string): ReadonlyMap<string, Copy> => known.get(peerId)?.copies ?? new Map(),
    forget: (peerId: string) => void known.delete(peerId),
    take({ peerId, report }: TrackerClientView): void {
      const before = known.get(peerId)
      const now = { revision: report?.desiredRevision ?? 0, copies: copiesOf(report?.artifacts ?? []) }
      known.set(peerId, now)
      // Who holds nothing whole has no say in who keeps what.
      const silent = now.copies.size === 0 && (before?.copies.size ?? 0) === 0
      if (silent || (before?.revision === now.revision && sameCopies(before.copies, now.copies))) return
      for (const listener of listeners) listener()
    },
    onChange(listener: () => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const copiesOf = (artifacts: readonly ArtifactReport[]): Map<string, Copy> =>
  new Map(
    artifacts.filter(isWhole).map(({ swarmId, kept, unwelcome }) => [swarmKey(swarmId), { kept, unwelcome }]),
  )

const sameCopies = (a: ReadonlyMap<string, Copy>, b: ReadonlyMap<string, Copy>): boolean =>
  a.size === b.size &&
  [...a].every(([key, one]) => {
    const other = b.get(key)
    return other?.kept === one.kept && other.unwelcome === one.unwelcome
  })

const profileKey = ({ identity: { profile, role } }: TrackerClientView): string => `${profile}/${role}`
const nodeKey = ({ identity: { profile, role, node, podUid } }: TrackerClientView): string =>
  // Several seeders may share a node; of a Pod there is one.
  role === 'agent' ? `${profile}/agent/${node}` : `${profile}/seeder/${podUid}`

const heldBy = ({ report }: TrackerClientView): Set<string> =>
  new Set(report?.artifacts.filter((one) => one.chunksHeld > 0).map((one) => swarmKey(one.swarmId)))

function groupOf(groups: Map<string, Set<string>>, key: string): Set<string> {
  const group = groups.get(key) ?? new Set()
  groups.set(key, group)
  return group
}

const sameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((one) => b.has(one))
