// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatTime } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { percentOf } from '../human.ts'
import type { Verdict } from '../verdict.ts'
import { artifactBytesOf } from './bytes.ts'
import { refusalOf } from './hindrance.ts'
import type { Observed } from './observed.ts'
import { mayRetry } from './retry.ts'
import { failureLimit } from './rollout.ts'
import { selectNodes } from './selection.ts'
import { type Counters, countersOf, type NodeView, viewsOf } from './tally.ts'
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
  /** Undefined when the job has no waves. */
  wave: Wave | undefined
  artifactBytes: number
  progressPercent: number
}

export function look(observed: Observed): Picture {
  const { job, profile, nodes, nodeDistributions, live } = observed
  const refusal = refusalOf(observed)
  const names = new Set(nodes.map((node) => node.metadata.name))
  const artifactBytes = artifactBytesOf(observed.artifacts)
  const { rollout } = job.spec
  const views = viewsOf(
    nodeDistributions,
    live,
    (node) => names.has(node),
    (object) => mayRetry(object, rollout),
    artifactBytes,
  )
  const taken = new Set(nodeDistributions.map((one) => one.spec.nodeName))
  const selected = refusal || !profile ? [] : selectNodes(job, profile, nodes, job.status?.startTime)
  const waiting = selected.filter((node) => !taken.has(node.metadata.name))
  const counters = countersOf(views, waiting.length)
  const limit = failureLimit(rollout, counters.desired)
  const halted = counters.failed >= limit && rollout.onThreshold === 'Halt'
  const begins = !refusal && !job.spec.suspend && selected.length > 0
  return {
    observed,
    refusal,
    startTime: job.status?.startTime ?? (begins ? formatTime(observed.now) : undefined),
    views,
    waiting,
    counters,
    failureLimit: limit,
    halted,
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
    progressPercent: progressOf(views, counters, artifactBytes),
  }
}

function progressOf(views: readonly NodeView[], counters: Counters, artifactBytes: number): number {
  const counted = views.filter((one) => one.outcome !== 'skipped')
  const done = counted.reduce((sum, one) => sum + one.bytesDone, 0)
  return percentOf(done, artifactBytes * (counters.desired - counters.skipped))
}
