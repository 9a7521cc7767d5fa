// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Condition, NodeDistribution } from '@patchswarm/api'
import type { AgentState } from './agent-state.ts'
import type { Observation } from './observe.ts'

/** One line of the live table. */
export interface NodeProgress {
  name: string
  /** Waiting, Fetching, Verifying, Delivered, Failed. */
  state: string
  reason: string
  percent: number
  /** Bytes a second. */
  rate: number
  fromOrigin: number
  fromPeers: number
  fromCache: number
  peers: number
}

export interface Progress {
  /** One sentence: what everybody waits for, or what goes on. */
  headline: string
  nodes: NodeProgress[]
}

/**
 * What is known now: the objects' status, and between its writes (which are few on purpose) what the agents say of themselves.
 */
export function describeProgress(
  names: readonly string[],
  observed: Pick<Observation, 'artifact' | 'job' | 'nodes'>,
  agents: ReadonlyMap<string, AgentState>,
): Progress {
  return {
    headline: headline(observed),
    nodes: names.map((name) => nodeProgress(name, observed.nodes.get(name), agents.get(name))),
  }
}

function nodeProgress(
  name: string,
  object: NodeDistribution | undefined,
  agent: AgentState | undefined,
): NodeProgress {
  const status = object?.status
  const state = status?.state ?? 'Waiting'
  const base = {
    name,
    state,
    reason: status?.reason ?? '',
    percent: status?.progressPercent ?? 0,
    rate: 0,
    fromOrigin: status?.bytes?.origin ?? 0,
    fromPeers: status?.bytes?.peers ?? 0,
    fromCache: status?.bytes?.cache ?? 0,
    peers: status?.peers ?? 0,
  }
  if (!agent || state === 'Delivered' || state === 'Failed') return base
  return {
    ...base,
    state: agent.state || state,
    percent: Math.max(base.percent, agent.percent),
    rate: agent.rate,
    fromOrigin: Math.max(base.fromOrigin, agent.fromOrigin),
    fromPeers: Math.max(base.fromPeers, agent.fromPeers),
    fromCache: Math.max(base.fromCache, agent.fromCache),
    peers: agent.peers,
  }
}

function headline({ artifact, job }: Pick<Observation, 'artifact' | 'job'>): string {
  const ingest = telling(artifact?.status?.conditions)
  if (ingest) return ingest
  return telling(job?.status?.conditions) ?? summary(job?.status?.conditions) ?? 'waiting for the operator'
}

/** Why it is not finished yet, in the operator's words. */
function telling(conditions: readonly Condition[] | undefined): string | undefined {
  const of = (type: string) => conditions?.find((condition) => condition.type === type)
  const ready = of('Ready')
  if (!ready || ready.status === 'True') return undefined
  const stalled = of('Stalled')
  return (stalled?.status === 'True' ? stalled.message : ready.message) || undefined
}

const summary = (conditions: readonly Condition[] | undefined) =>
  conditions?.find(({ type, status }) => type === 'Ready' && status === 'True')?.message
