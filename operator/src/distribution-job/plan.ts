// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJobStatus, NodeDistribution } from '@patchswarm/api'
import type { Node, PlannedEvent } from '@patchswarm/kube'
import { isOver } from '../job-state.ts'
import { type Claim, eventsOf, type Verdict } from '../verdict.ts'
import { absenceOfRows, isSomeoneMissed } from './absence.ts'
import type { Decision } from './decision.ts'
import { failedStatus, givenUp, leftBehind, type RowUpdate, turnedAway } from './ended.ts'
import { footingOf, type Refusal } from './footing.ts'
import { type Announcement, announceAgainMs, announcementsOf } from './hand-over.ts'
import { waitOf } from './hindrance.ts'
import { lifetimeLeft } from './lifetime.ts'
import { nodeDistributionFor } from './node-distribution.ts'
import type { Observed } from './observed.ts'
import { look, type Picture } from './picture.ts'
import { isCounting, isOverdue } from './progress.ts'
import { asChanged } from './repair.ts'
import { againStatus, isNewToken, mayRetry, retryAt } from './retry.ts'
import { concurrency, inOrder } from './rollout.ts'
import { isSameNode } from './selection.ts'
import {
  current,
  distributing,
  ending,
  halted,
  nobody,
  outside,
  overdue,
  soaking,
  suspended,
  waitingForAgents,
  waitingForNewAgents,
  waitingForNodes,
  waitingForPaths,
  waitingToRetry,
} from './sentences.ts'
import { statusOf } from './status.ts'

export interface Plan {
  create: NodeDistribution[]
  /** Rows of nodes that have failed and begin again, are given up or left behind, with their new status. */
  rows: RowUpdate[]
  /** Rows of nodes that are no more, in a job that never ends. */
  remove: NodeDistribution[]
  /** What nodes that have their files are to say of themselves. */
  announce: Announcement[]
  /** The job itself has outlived its time. */
  expired?: boolean
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
  if (isClosed(observed)) return close(observed)
  const picture = look(observed)
  const decision = decide(picture)
  const { wave } = picture
  const announce = announcementsOf(observed)
  const goesOn =
    decision.verdict.state === 'Reconciling' || picture.counters.active > 0 || isSomeoneMissed(observed)
  return {
    create: decision.start.map((node) =>
      nodeDistributionFor(
        job,
        profileOf(observed),
        node,
        wave?.name,
        refusalOn(observed, node.metadata.name),
      ),
    ),
    rows: decision.settled ? leftBehind(picture) : rowsAtWork(picture, decision),
    remove: outlived(observed),
    announce,
    status: statusOf(picture, decision),
    events: eventsOf(job.status?.conditions, decision.verdict),
    ...(goesOn ? { requeueAfterMs: refreshMs } : announce.length > 0 && { requeueAfterMs: announceAgainMs }),
  }
}

function rowsAtWork({ observed, refusal }: Picture, { again }: Decision): RowUpdate[] {
  return [
    ...again.map((object) => tryAgain(observed, object)),
    ...turnedAway(observed),
    ...(refusal ? [] : givenUp(observed)),
  ]
}

/** What spoke against the node the first time may still do so: then this try is over, too. */
function tryAgain(observed: Observed, object: NodeDistribution): RowUpdate {
  const { job, now } = observed
  const status = againStatus(asChanged(object, observed), job.spec.rollout, now)
  const refusal = refusalOn(observed, object.spec.nodeName)
  return { object, status: refusal ? failedStatus({ ...object, status }, refusal, now) : status }
}

function refusalOn(observed: Observed, node: string): Refusal | undefined {
  const footing = footingOf(observed, node)
  return typeof footing === 'object' ? footing : undefined
}

/**
 * A job that is over stays as it is until its time has come; a changed spec is only taken note of, so that nobody waits for
 * it. What its nodes are to say of themselves they may be allowed to say later.
 */
function close(observed: Observed): Plan {
  const { job, now } = observed
  const left = lifetimeLeft(job, now)
  const announce = announcementsOf(observed)
  const waits = [
    ...(left === undefined ? [] : [left, longestWaitMs]),
    ...(announce.length > 0 ? [announceAgainMs] : []),
  ]
  return {
    create: [],
    rows: [],
    remove: [],
    announce,
    events: [],
    status: acknowledged(job),
    ...(left !== undefined && left <= 0 && { expired: true }),
    ...(waits.length > 0 && { requeueAfterMs: Math.min(...waits) }),
  }
}

/** Timers do not reach further than some weeks. */
const longestWaitMs = 3_600_000

function acknowledged({ metadata, status }: Observed['job']): DistributionJobStatus {
  const { generation = 0 } = metadata
  const conditions = (status?.conditions ?? []).map((one) => ({ ...one, observedGeneration: generation }))
  return { ...status, observedGeneration: generation, conditions }
}

const stop = (verdict: Verdict, ...claims: Claim[]): Decision => ({ verdict, claims, start: [], again: [] })

const settle = (verdict: Verdict, ...claims: Claim[]): Decision => ({
  ...stop(verdict, ...claims),
  settled: true,
})

/** What was decided, and that it takes too long if it does: the job goes on all the same. */
function decide(picture: Picture): Decision {
  const { observed, progressAt } = picture
  const { progressDeadlineSeconds: deadline } = observed.job.spec.rollout
  const decision = decideNext(picture)
  const late = isCounting(decision.verdict.reason) && isOverdue(progressAt, deadline, observed.now)
  return late ? { ...decision, verdict: overdue(picture, decision.verdict) } : decision
}

/** suspended → refused → nobody selected → done → halted → outside its hours → waiting → rolling out. */
function decideNext(picture: Picture): Decision {
  const { observed, refusal, counters } = picture
  if (observed.job.spec.suspend) return stop(suspended(picture), 'Suspended')
  if (refusal) return stop(refusal)
  const keeps = observed.job.spec.completionPolicy === 'KeepCurrent'
  if (counters.desired === 0 && !keeps) return stop(nobody(picture))
  if (counters.waiting + counters.active === 0) return keeps ? settle(current(picture)) : end(picture)
  if (picture.halted) return stop(halted(picture))
  if (picture.closed) return stop(outside(picture, picture.closed))
  const wait = waitOf(observed)
  // Nodes at work wait for a person, too.
  if (wait) return stop(counters.active === 0 || wait.state === 'Stalled' ? wait : distributing(picture))
  return rollOut(picture)
}

/** Nobody comes back. */
const isLeft = (reason: string): boolean => reason === 'NodeGone' || reason === 'Replaced'

/** With nobody left to wait for the job is over, unless every node is only away for now. */
function end(picture: Picture): Decision {
  const { counters, views } = picture
  const away = views.filter((one) => one.outcome === 'skipped' && !isLeft(one.reason))
  if (away.length > 0 && away.length === counters.desired) return stop(waitingForNodes(picture))
  const verdict = ending(picture)
  return settle(verdict, verdict.state === 'Ready' ? 'Complete' : 'Failed')
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
  return { verdict, claims: [], start, again }
}

/** Nodes of the wave under way whose agent can take the work, and whose paths nobody else is writing. */
function candidatesOf({ observed, waiting, wave }: Picture): readonly Node[] {
  return (wave?.members ?? waiting).filter(({ metadata: { name } }) => mayBegin(observed, name))
}

const mayBegin = (observed: Observed, node: string): boolean =>
  observed.connected.has(node) && footingOf(observed, node) !== 'wait'

/** Of the nodes that are to try again, those whose time has come and whose agent can take the work. */
function retriesDue({ observed, views }: Picture): NodeDistribution[] {
  const toRetry = new Set(views.filter((one) => one.outcome === 'waiting').map((one) => one.node))
  return observed.nodeDistributions.filter(
    (one) =>
      toRetry.has(one.spec.nodeName) &&
      retryAt(one, observed.job.spec.rollout) <= observed.now.getTime() &&
      mayBegin(observed, one.spec.nodeName),
  )
}

function whyIdle(picture: Picture): Verdict {
  const { wave, waiting, observed } = picture
  const members = wave?.members ?? waiting
  if (candidatesOf(picture).length > 0 || members.length === 0) return waitingToRetry(picture)
  const names = members.map((node) => node.metadata.name)
  if (names.some((name) => !observed.connected.has(name))) return waitingForAgents(picture)
  return names.some((name) => observed.tooOld.has(name))
    ? waitingForNewAgents(picture)
    : waitingForPaths(picture)
}

/** A machine that is gone leaves its row to a job that ends; one that never ends would collect them for ever. */
function outlived({ job, nodes, nodeDistributions }: Observed): NodeDistribution[] {
  if (job.spec.completionPolicy !== 'KeepCurrent') return []
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]))
  return nodeDistributions.filter(({ spec }) => {
    const node = byName.get(spec.nodeName)
    return node === undefined || !isSameNode(node, spec.nodeUID)
  })
}

const profileOf = ({ artifacts }: Observed): string => artifacts[0]?.spec.profile ?? ''

/** The job is over, and nobody has asked by a new token for failed nodes that could try again. */
function isClosed(observed: Observed): boolean {
  const { job, nodeDistributions } = observed
  if (!isOver(job)) return false
  const absence = absenceOfRows({ ...observed, awaySince: new Map() })
  return !nodeDistributions.some(
    (one) => mayRetry(one, job.spec.rollout) && isNewToken(one, job.spec.rollout) && !absence(one),
  )
}
