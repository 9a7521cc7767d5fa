// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatTime } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { percentOf } from '../human.ts'
import type { Verdict } from '../verdict.ts'
import { absenceOf, absenceOfRows, replacedBy } from './absence.ts'
import { type Accounts, accountsOf, artifactBytesOf } from './bytes.ts'
import { refusalOf } from './hindrance.ts'
import type { Observed } from './observed.ts'
import { lastProgress } from './progress.ts'
import { isToBeginAgain } from './repair.ts'
import { failureLimit } from './rollout.ts'
import { type Closed, closedBy } from './schedule.ts'
import { selectNodes } from './selection.ts'
import { type Counters, countersOf, type NodeView, skippedView, viewsOf } from './tally.ts'
import { type Wave, waveUnderWay } from './waves.ts'

/** What one look at a job has found; every decision about it reads this. */
export interface Picture {
  observed: Observed
  refusal: Verdict | undefined
  startTime: string | undefined
  views: readonly NodeView[]
  /** Selected nodes that have no NodeDistribution yet. */
  waiting: readonly Node[]
  counters: Counters
  /** From how many failed nodes on the job counts as failed. */
  failureLimit: number
  /** So many have failed that nobody begins any more. */
  halted: boolean
  /** Undefined while nodes may begin. */
  closed: Closed | undefined
  /** Undefined when the job has no waves. */
  wave: Wave | undefined
  artifactBytes: number
  accounts: Accounts
  progressPercent: number
  /** When the job got further last, if it may go on. */
  progressAt: string
}

export function look(observed: Observed): Picture {
  const { job } = observed
  const refusal = refusalOf(observed)
  const artifactBytes = artifactBytesOf(observed.artifacts)
  const { rollout } = job.spec
  const selected = refusal ? [] : selectedNow(observed)
  const { leftOut, waiting } = notBegun(selected, observed)
  const views = [...viewsBegun(observed, artifactBytes), ...leftOut]
  const counters = countersOf(views, waiting.length)
  const limit = failureLimit(rollout, counters.desired)
  const halted = counters.failed >= limit && rollout.onThreshold === 'Halt'
  const closed = closedBy(job, observed.now)
  const accounts = accountsOf(views, counters, observed.artifacts, artifactBytes)
  const progressPercent = progressOf(views, counters, artifactBytes)
  const begins = !(refusal || closed || job.spec.suspend) && selected.length > 0
  return {
    observed,
    refusal,
    startTime: job.status?.startTime ?? (begins ? formatTime(observed.now) : undefined),
    views,
    waiting,
    counters,
    failureLimit: limit,
    halted,
    closed,
    wave: waveUnderWay({
      waves: rollout.waves ?? [],
      views,
      waiting,
      desired: counters.desired,
      fixed: job.status?.wave,
      halted,
      now: observed.now,
    }),
    artifactBytes,
    accounts,
    progressPercent,
    progressAt: lastProgress(job.status, { ...counters, ...accounts, progressPercent }, observed.now),
  }
}

function selectedNow({ job, profile, nodes, rivals }: Observed): Node[] {
  return profile ? selectNodes(job, profile, nodes, job.status?.startTime, rivals) : []
}

/** Nodes without a NodeDistribution: those that may have one, and those that are left out. */
function notBegun(selected: readonly Node[], observed: Observed) {
  const taken = new Set(observed.nodeDistributions.map((one) => one.spec.nodeName))
  const nodes = selected.filter((node) => !taken.has(node.metadata.name))
  const leftOut = viewsLeftOut(nodes, observed)
  const absent = new Set(leftOut.map((one) => one.node))
  return { leftOut, waiting: nodes.filter((node) => !absent.has(node.metadata.name)) }
}

function viewsBegun(observed: Observed, artifactBytes: number): NodeView[] {
  return viewsOf(
    observed.nodeDistributions,
    observed.live,
    absenceOfRows(observed),
    (object) => isToBeginAgain(object, observed),
    artifactBytes,
  )
}

const viewsLeftOut = (nodes: readonly Node[], { now, replacers }: Observed): NodeView[] =>
  nodes.flatMap((node) => {
    const absence = replacedBy(replacers.get(node.metadata.name)) ?? absenceOf(node, now)
    return absence ? [skippedView(node, absence)] : []
  })

function progressOf(views: readonly NodeView[], counters: Counters, artifactBytes: number): number {
  const counted = views.filter((one) => one.outcome !== 'skipped')
  const done = counted.reduce((sum, one) => sum + one.bytesDone, 0)
  return percentOf(done, artifactBytes * (counters.desired - counters.skipped))
}
