// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels, type P2PProfile, type Role, workloadName } from '@patchswarm/api'
import { type GiveWay, mapInSlices, type Node, type Pod } from '@patchswarm/kube'
import { noPod, notConnected, type PodTrouble, podTrouble } from './pod-trouble.ts'
import type { Settings } from './settings.ts'
import { type Rival, runsAgent } from './territory.ts'

/** A node that should run an agent and has none that is ready and connected. */
export interface Down extends PodTrouble {
  readonly node: string
}

export interface Fleet {
  profile: P2PProfile
  settings: Settings
  nodes: readonly Node[]
  rivals: readonly Rival[]
  /** Of the profile, agents and seeders. */
  pods: readonly Pod[]
  /** Nodes whose agent is connected. */
  connected: ReadonlySet<string>
}

/** In the order of their names. */
export async function agentsDown(fleet: Fleet, giveWay: GiveWay): Promise<Down[]> {
  const pods = Map.groupBy(podsOf(fleet.pods, 'agent'), nodeOf)
  const found = await mapInSlices(fleet.nodes, giveWay, (node): Down | undefined => {
    if (!runsAgent(node, fleet.profile, fleet.rivals)) return undefined
    const trouble = troubleOn(node, pods.get(node.metadata.name) ?? [], fleet)
    return trouble && { ...trouble, node: node.metadata.name }
  })
  return found.filter((one) => one !== undefined).sort((a, b) => (a.node < b.node ? -1 : 1))
}

/** Of one role, without those that are going. */
export const podsOf = (pods: readonly Pod[], role: Role): Pod[] =>
  pods.filter(({ metadata }) => metadata.labels?.[labels.role] === role && !metadata.deletionTimestamp)

function troubleOn(node: Node, [pod]: readonly Pod[], fleet: Fleet): PodTrouble | undefined {
  const { connected, settings, profile } = fleet
  const isConnected = connected.has(node.metadata.name)
  if (!isConnected && !isReady(node)) {
    return { reason: 'NodeNotReady', message: 'The Node is not ready.', starting: true }
  }
  if (!pod) return noPod(`daemonset ${workloadName(profile.metadata.name, 'agent')}`, settings)
  return podTrouble(pod) ?? (isConnected ? undefined : notConnected(pod, settings))
}

const isReady = ({ status }: Node): boolean =>
  status?.conditions?.find((one) => one.type === 'Ready')?.status !== 'False' &&
  status?.conditions?.find((one) => one.type === 'Ready')?.status !== 'Unknown'

/** A Pod of a DaemonSet that the scheduler has not bound yet names its node in its affinity. */
function nodeOf({ spec }: Pod): string | undefined {
  const { nodeSelectorTerms = [] } =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {}
  const [term] = nodeSelectorTerms
  return spec.nodeName ?? term?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0]
}
