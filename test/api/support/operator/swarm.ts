// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { vi } from 'vitest'
import type { OperatorCluster } from './cluster.ts'
import { createProfile } from './objects.ts'
import type { OperatorProcess } from './operator-process.ts'
import { seedsAll, startPeer, type TestPeer } from './peers.ts'

/** A profile of its own with nodes, agents and a seeder that run and have been told what they should hold. */
export interface Swarm extends AsyncDisposable {
  seeder: TestPeer
  agents: TestPeer[]
  nodes: string[]
  /** All agents. */
  behave(...report: Parameters<TestPeer['behave']>): void
}

export async function startSwarm(
  cluster: OperatorCluster,
  operator: OperatorProcess,
  profile: string,
  count: number,
  spec: object = {},
): Promise<Swarm> {
  const { client } = cluster
  const nodes = Array.from({ length: count }, (_, index) => `${profile}-n${index + 1}`)
  // Before the Pods are there: the scheduler looks again only after a while. Each is a ring of its own for the waves of a job,
  // from the beginning: the operator may hear of a label after it hears of a job that was made later.
  await Promise.all(nodes.map((name, index) => cluster.addNode(name, { pool: profile, ring: `${index}` })))
  await createProfile(client, profile, spec)
  const [seeder, ...agents] = await Promise.all([
    startPeer({ client, operator, profile, role: 'seeder' }),
    ...nodes.map((node) => startPeer({ client, operator, profile, role: 'agent', node })),
  ])
  seeder.behave(seedsAll)
  const peers = [seeder, ...agents]
  // Who has not been told anything yet has no deliveries either.
  await vi.waitUntil(() => peers.every(({ desired }) => desired !== undefined), 20_000)
  return {
    seeder,
    agents,
    nodes,
    behave(report) {
      for (const agent of agents) agent.behave(report)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()))
    },
  }
}
