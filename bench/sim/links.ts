// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { elect, type Member } from '../../swarm/src/tracker/election.ts'
import { handOut } from '../../swarm/src/tracker/hand-out.ts'
import type { SimScenario } from './scenarios.ts'

/** Who knows whom, and who asks other sites: as the tracker of the operator says it. Node 0 is the seeder. */
export interface Links {
  readonly edges: readonly (readonly [number, number])[]
  readonly elected: ReadonlySet<number>
}

/** `maxPeers` where a profile says nothing else. */
const DEFAULT_PEERS = 32

export function linkNodes(scenario: SimScenario, seed: number): Links {
  const members = Array.from({ length: scenario.nodes + 1 }, (_, id) => memberOf(scenario, id))
  const maxPeers = scenario.maxPeers ?? DEFAULT_PEERS
  const swarmId = new Uint8Array(new Uint32Array([seed]).buffer)
  const edges = [...handOut(members, maxPeers, swarmId)].flatMap(([peerId, others]) =>
    others.map((other): [number, number] => [Number(peerId), Number(other)]),
  )
  return {
    edges: edges.filter(([a, b]) => a < b),
    elected: new Set([...elect(members, maxPeers, swarmId)].map(Number)),
  }
}

const memberOf = (scenario: SimScenario, id: number): Member => ({
  peerId: String(id),
  site: String(siteOf(scenario, id) ?? ''),
  role: id === 0 ? 'seeder' : 'agent',
})

/** Sites of equal size, the seeder in the first. */
export const siteOf = ({ nodes, sites }: SimScenario, id: number): number | undefined =>
  sites && Math.floor((Math.max(0, id - 1) * sites.count) / nodes)
