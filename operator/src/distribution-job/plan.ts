// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJobStatus, NodeDistribution, NodeDistributionStatus } from '@patchswarm/api'
import { formatTime, isConditionTrue } from '@patchswarm/api'
import type { Node, PlannedEvent } from '@patchswarm/kube'
import { type Claim, conditionsOf, eventsOf, type Verdict } from '../verdict.ts'
import { accountsOf } from './bytes.ts'
import { estimateCompletion } from './completion.ts'
import { waitOf } from './hindrance.ts'
import { nodeDistributionFor } from './node-distribution.ts'
import type { Observed } from './observed.ts'
import { look, type Picture } from './picture.ts'
import { againStatus, isNewToken, mayRetry, retryAt } from './retry.ts'
import { concurrency, inOrder } from './rollout.ts'
import {
  distributing,
  ending,
  halted,
  nobody,
  soaking,
  suspended,
  waitingForAgents,
  waitingToRetry,
} from './sentences.ts'
import type { NodeView } from './tally.ts'
import type { Wave } from './waves.ts'

export interface Plan {
  create: NodeDistribution[]
  /** Rows of nodes that have failed and begin again, with their new status. */
  again: { object: NodeDistribution; status: NodeDistributionStatus }[]
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
  const { wave } = picture
  return {
    create: decision.start.map((node) => nodeDistributionFor(job, profileOf(observed), node, wave?.name)),
    again: decision.again.map((object) => ({
      object,
      status: againStatus(object, job.spec.rollout, observed.now),
    })),
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
  return {
    create: [],
    again: [],
    status: { ...job.status, observedGeneration: generation, conditions },
    events: [],
  }
}

interface Decision {
  verdict: Verdict
  claims: Claim[]
  /** Names of the nodes whose work may be handed out now. */
  start: string[]
  /** Nodes that have failed and may try again now. */
  again: NodeDistribution[]
}

const stop = (verdict: Verdict, ...claims: Claim[]): Decision => ({ verdict, claims, start: [], again: [] })

/** suspended → refused → nobody selected → done → halted → waiting → rolling out. */
function decide(picture: Picture): Decision {
  const { observed, refusal, counters } = picture
  if (observed.job.spec.suspend) return stop(suspended(picture), 'Suspended')
  if (refusal) return stop(refusal)
  if (counters.desired === 0) return stop(nobody(picture))
  if (counters.waiting + counters.active === 0) {
    const verdict = ending(picture)
    return stop(verdict, verdict.state === 'Ready' ? 'Complete' : 'Failed')
  }
  if (picture.halted) return stop(halted(picture))
  const wait = waitOf(observed)
  if (wait) return stop(counters.active === 0 ? wait : distributing(picture))
  return rollOut(picture)
}

function rollOut(picture: Picture): Decision {
  const { observed, counters, wave } = picture
  const { job, now } = observed
  const limit = concurrency(job.spec.rollout.maxConcurrent, counters.desired)
  const room = Math.max(0, limit - counters.active)
  const again = inOrder(retriesDue(picture), job.metadata.uid ?? '').slice(0, room)
  const soaks = wave?.soakUntil !== undefined && wave.soakUntil > now
  const free = soaks ? 0 : Math.min(room - again.length, wave?.room ?? room)
  const start = inOrder(candidatesOf(picture), job.metadata.uid ?? '').slice(0, free)
  const begun = again.length + start.length
  const verdict =
    counters.active + begun > 0 ? distributing(picture, begun) : soaks ? soaking(picture) : whyIdle(picture)
  return { verdict, claims: [], start: start.map((node) => node.metadata.name), again }
}

/** Nodes of the wave under way whose agent can take the work. */
function candidatesOf({ observed, waiting, wave }: Picture): readonly Node[] {
  return (wave?.members ?? waiting).filter((node) => observed.connected.has(node.metadata.name))
}

function retriesDue({ observed }: Picture): NodeDistribution[] {
  const { rollout } = observed.job.spec
  return observed.nodeDistributions.filter(
    (one) =>
      mayRetry(one, rollout) &&
      retryAt(one, rollout) <= observed.now.getTime() &&
      observed.connected.has(one.spec.nodeName) &&
      observed.nodes.some((node) => node.metadata.name === one.spec.nodeName),
  )
}

const whyIdle = (picture: Picture): Verdict =>
  candidatesOf(picture).length === 0 && (picture.wave?.members ?? picture.waiting).length > 0
    ? waitingForAgents(picture)
    : waitingToRetry(picture)

function statusOf(picture: Picture, { verdict, claims, start, again }: Decision): DistributionJobStatus {
  const { observed, startTime, views, counters, wave, artifactBytes } = picture
  const { job, artifacts, now } = observed
  const over = claims.includes('Complete') || claims.includes('Failed')
  const estimate = over ? undefined : estimateCompletion(views, counters.waiting, artifactBytes, now)
  return {
    observedGeneration: job.metadata.generation ?? 0,
    conditions: conditionsOf(job.status?.conditions, verdict, job.metadata.generation, now, claims),
    ...counters,
    waiting: counters.waiting - start.length - again.length,
    active: counters.active + start.length + again.length,
    ...(wave && !over ? { wave: waveStatusOf(wave, observed.now) } : {}),
    progressPercent: verdict.state === 'Ready' ? 100 : picture.progressPercent,
    ...accountsOf(views, counters, artifacts, artifactBytes),
    failedNodes: failedOf(views),
    slowestNodes: slowestOf(views),
    ...(startTime ? { startTime } : {}),
    ...(over ? { completionTime: formatTime(now) } : {}),
    ...(estimate ? { estimatedCompletion: estimate } : {}),
  }
}

function waveStatusOf(
  { name, size, finished, soakUntil }: Wave,
  now: Date,
): NonNullable<DistributionJobStatus['wave']> {
  const soaks = soakUntil !== undefined && soakUntil > now
  return { name, size, finished, ...(soaks ? { soakUntil: formatTime(soakUntil) } : {}) }
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

/** Complete or Failed, until somebody asks for the failed nodes by a new token. */
function isOver({ job, nodeDistributions }: Observed): boolean {
  const conditions = job.status?.conditions
  if (!isConditionTrue(conditions, 'Complete') && !isConditionTrue(conditions, 'Failed')) return false
  const { rollout } = job.spec
  return !nodeDistributions.some((one) => mayRetry(one, rollout) && isNewToken(one.status ?? {}, rollout))
}
