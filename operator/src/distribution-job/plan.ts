// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJobStatus, NodeDistribution } from '@patchswarm/api'
import { formatTime, isConditionTrue } from '@patchswarm/api'
import type { PlannedEvent } from '@patchswarm/kube'
import { type Claim, conditionsOf, eventsOf, type Verdict } from '../verdict.ts'
import { accountsOf } from './bytes.ts'
import { estimateCompletion } from './completion.ts'
import { waitOf } from './hindrance.ts'
import { nodeDistributionFor } from './node-distribution.ts'
import type { Observed } from './observed.ts'
import { look, type Picture } from './picture.ts'
import { concurrency, nextNodes } from './rollout.ts'
import { distributing, ending, nobody, suspended, waitingForAgents } from './sentences.ts'
import type { NodeView } from './tally.ts'

export interface Plan {
  create: NodeDistribution[]
  status: DistributionJobStatus
  events: PlannedEvent[]
  requeueAfterMs?: number
}

/** Live progress is looked at this often while nodes are at work. */
const refreshMs = 2000

/** Decides what becomes of a job; safe to run any number of times, from any state that a crash may have left. */
export function plan(observed: Observed): Plan | undefined {
  const { job } = observed
  // Deletion: the garbage collector takes the NodeDistributions, and with them agents are told to stop.
  if (job.metadata.deletionTimestamp) return undefined
  if (isOver(observed)) return acknowledge(observed)
  const picture = look(observed)
  const decision = decide(picture)
  const create = decision.start.map((node) => nodeDistributionFor(job, profileOf(observed), node))
  return {
    create,
    status: statusOf(picture, decision),
    events: eventsOf(job.status?.conditions, decision.verdict),
    ...(decision.verdict.state === 'Reconciling' ? { requeueAfterMs: refreshMs } : {}),
  }
}

/** A job that is over stays as it is; a changed spec is only taken note of, so that nobody waits for it. */
function acknowledge({ job }: Observed): Plan | undefined {
  const { generation = 0 } = job.metadata
  if (job.status?.observedGeneration === generation) return undefined
  const conditions = (job.status?.conditions ?? []).map((one) => ({ ...one, observedGeneration: generation }))
  return { create: [], status: { ...job.status, observedGeneration: generation, conditions }, events: [] }
}

interface Decision {
  verdict: Verdict
  claims: Claim[]
  /** Names of the nodes whose work may be handed out now. */
  start: string[]
}

const stop = (verdict: Verdict, ...claims: Claim[]): Decision => ({ verdict, claims, start: [] })

/** suspended → refused → nobody selected → done → waiting → rolling out. */
function decide(picture: Picture): Decision {
  const { observed, refusal, counters } = picture
  if (observed.job.spec.suspend) return stop(suspended(picture), 'Suspended')
  if (refusal) return stop(refusal)
  if (counters.desired === 0) return stop(nobody(picture))
  if (counters.waiting + counters.active === 0) {
    return stop(ending(picture), counters.failed === 0 ? 'Complete' : 'Failed')
  }
  const wait = waitOf(observed)
  if (wait) return stop(counters.active === 0 ? wait : distributing(picture))
  return rollOut(picture)
}

function rollOut(picture: Picture): Decision {
  const { observed, counters, waiting } = picture
  const candidates = waiting
    .map((node) => ({ name: node.metadata.name, uid: node.metadata.uid ?? '' }))
    .filter((node) => observed.connected.has(node.name))
  const limit = concurrency(observed.job.spec.rollout.maxConcurrent, counters.desired)
  const start = nextNodes(candidates, counters.active, limit, observed.job.metadata.uid ?? '')
  const idle = counters.active + start.length === 0
  const verdict = idle ? waitingForAgents(picture) : distributing(picture, start.length)
  return { verdict, claims: [], start: start.map((node) => node.name) }
}

function statusOf(picture: Picture, { verdict, claims, start }: Decision): DistributionJobStatus {
  const { observed, startTime, views, counters, artifactBytes } = picture
  const { job, artifacts, now } = observed
  const over = claims.includes('Complete') || claims.includes('Failed')
  const estimate = over ? undefined : estimateCompletion(views, counters.waiting, artifactBytes, now)
  return {
    observedGeneration: job.metadata.generation ?? 0,
    conditions: conditionsOf(job.status?.conditions, verdict, job.metadata.generation, now, claims),
    ...counters,
    waiting: counters.waiting - start.length,
    active: counters.active + start.length,
    progressPercent: verdict.state === 'Ready' ? 100 : picture.progressPercent,
    ...accountsOf(views, counters, artifacts, artifactBytes),
    failedNodes: failedOf(views),
    slowestNodes: slowestOf(views),
    ...(startTime ? { startTime } : {}),
    ...(over ? { completionTime: formatTime(now) } : {}),
    ...(estimate ? { estimatedCompletion: estimate } : {}),
  }
}

const failedOf = (views: readonly NodeView[]): NonNullable<DistributionJobStatus['failedNodes']> =>
  views
    .filter((one) => one.outcome === 'failed')
    .sort((a, b) => a.node.localeCompare(b.node))
    .slice(0, 20)
    .map(({ node, reason, message }) => ({ node, reason, message }))

const slowestOf = (views: readonly NodeView[]): NonNullable<DistributionJobStatus['slowestNodes']> =>
  views
    .filter((one) => one.outcome === 'active')
    .sort((a, b) => a.progressPercent - b.progressPercent || a.node.localeCompare(b.node))
    .slice(0, 5)
    .map(({ node, progressPercent, reason }) => ({ node, progressPercent, ...(reason ? { reason } : {}) }))

const profileOf = ({ artifacts }: Observed): string => artifacts[0]?.spec.profile ?? ''

const isOver = ({ job }: Observed): boolean =>
  isConditionTrue(job.status?.conditions, 'Complete') || isConditionTrue(job.status?.conditions, 'Failed')
