// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type P2PProfile, workloadName } from '@patchswarm/api'
import type { Node, Toleration } from '@patchswarm/kube'
import type { Caches } from '../caches.ts'
import { matches } from '../label-selector.ts'
import { isEqual } from '../merge-patch.ts'
import { runsDaemons } from '../taints.ts'

/** A node takes one agent: of profiles that match it the oldest has it, of those made in the same second the first by name. */
export type Rival =
  /** Has whatever its nodeSelector matches. */
  | { readonly profile: P2PProfile; readonly by: 'labels' }
  /** Leaves nodes whose taints only the younger profile tolerates to that one, and has these. */
  | { readonly profile: P2PProfile; readonly by: 'names'; readonly nodes: ReadonlySet<string> }

/**
 * Names in a Pod template: each new one rolls the agents, and thousands would not fit. Beyond so many the older profile has
 * all that its labels match, and what it does not tolerate nobody has.
 */
const mostNames = 100

/** Whether the nodeSelector and the tolerations of the profile are for this node. */
export function isMeant(node: Node, { spec }: P2PProfile): boolean {
  return (
    matches({ matchLabels: spec.nodeSelector ?? {} }, node.metadata.labels) &&
    runsDaemons(node.spec?.taints, spec.tolerations)
  )
}

/** Whether the profile's DaemonSet has a Pod on this node. */
export const runsAgent = (node: Node, profile: P2PProfile, rivals: readonly Rival[]): boolean =>
  isMeant(node, profile) && rivalOn(node, rivals) === undefined

/** The older profile that keeps a younger one from this node. */
export const rivalOn = (node: Node, rivals: readonly Rival[]): P2PProfile | undefined =>
  rivals.find((rival) =>
    rival.by === 'names'
      ? rival.nodes.has(node.metadata.name)
      : matches({ matchLabels: rival.profile.spec.nodeSelector ?? {} }, node.metadata.labels),
  )?.profile

/**
 * The older profiles that may match nodes of this one.
 * @param hasAgents whether agents of a profile that is disabled or being deleted are still there
 */
export function rivalsOf(
  profile: P2PProfile,
  all: readonly P2PProfile[],
  nodes: readonly Node[],
  hasAgents: (profile: P2PProfile) => boolean,
): Rival[] {
  return all
    .filter((one) => one.metadata.uid !== profile.metadata.uid && comesBefore(one, profile))
    .filter((one) => !contradict(one.spec.nodeSelector, profile.spec.nodeSelector))
    .filter((one) => (one.spec.enabled && !one.metadata.deletionTimestamp) || hasAgents(one))
    .sort((a, b) => (comesBefore(a, b) ? -1 : 1))
    .map((one) => rivalOf(one, profile, nodes))
}

/** As the caches have them now. */
export const rivalsNow = (
  profile: P2PProfile,
  { profiles, nodes, daemonSets }: Pick<Caches, 'profiles' | 'nodes' | 'daemonSets'>,
  namespace: string,
): Rival[] =>
  rivalsOf(
    profile,
    profiles.list(),
    nodes.list(),
    ({ metadata }) => daemonSets.get(workloadName(metadata.name, 'agent'), namespace) !== undefined,
  )

function rivalOf(older: P2PProfile, profile: P2PProfile, nodes: readonly Node[]): Rival {
  if (toleratesAll(older, profile)) return { profile: older, by: 'labels' }
  const shared = nodes.filter((node) => isMeant(node, older) && isMeant(node, profile))
  if (shared.length > mostNames) return { profile: older, by: 'labels' }
  return { profile: older, by: 'names', nodes: new Set(shared.map((node) => node.metadata.name)) }
}

/** Whether the older profile's agents run wherever the taints let those of the younger one run. */
const toleratesAll = ({ spec: older }: P2PProfile, { spec: younger }: P2PProfile): boolean =>
  younger.tolerations.every((wanted) => older.tolerations.some((one) => covers(one, wanted)))

const covers = (one: Toleration, other: Toleration): boolean =>
  (one.key === undefined && one.effect === undefined) || isEqual(one, other)

function comesBefore({ metadata: a }: P2PProfile, { metadata: b }: P2PProfile): boolean {
  const [first = '', second = ''] = [a.creationTimestamp, b.creationTimestamp]
  return first === second ? a.name < b.name : first < second
}

/** No node can have both sets of labels. */
const contradict = (a: Record<string, string> = {}, b: Record<string, string> = {}): boolean =>
  Object.entries(a).some(([key, value]) => b[key] !== undefined && b[key] !== value)
