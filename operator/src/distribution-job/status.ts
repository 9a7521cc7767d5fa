// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DistributionJobStatus, formatTime, shortenMessage } from '@patchswarm/api'
import { conditionsOf } from '../verdict.ts'
import { estimateCompletion } from './completion.ts'
import type { Decision } from './decision.ts'
import type { Picture } from './picture.ts'
import { isCounting } from './progress.ts'
import type { NodeView } from './tally.ts'

/** What the job's status says of a picture and what was decided about it; bounded, however many nodes there are. */
export function statusOf(
  picture: Picture,
  { verdict, claims, start, again }: Decision,
): DistributionJobStatus {
  const { observed, startTime, views, counters, artifactBytes } = picture
  const { job, now } = observed
  const over = claims.includes('Complete') || claims.includes('Failed')
  const wave = waveStatusOf(picture)
  const estimate = over ? undefined : estimateCompletion(views, counters.waiting, artifactBytes, now)
  return {
    observedGeneration: job.metadata.generation ?? 0,
    conditions: conditionsOf(job.status?.conditions, verdict, job.metadata.generation, now, claims),
    ...counters,
    waiting: counters.waiting - start.length - again.length,
    active: counters.active + start.length + again.length,
    ...(wave && !over ? { wave } : {}),
    progressPercent: verdict.state === 'Ready' ? 100 : picture.progressPercent,
    ...picture.accounts,
    failedNodes: failedOf(views),
    skippedNodes: skippedOf(views),
    slowestNodes: slowestOf(views),
    ...(startTime ? { startTime } : {}),
    ...(isCounting(verdict.reason) ? { lastProgressTime: picture.progressAt } : {}),
    ...(over ? { completionTime: formatTime(now) } : {}),
    ...(estimate ? { estimatedCompletion: estimate } : {}),
  }
}

/** A job that cannot run has no nodes now: what its wave has fixed stays as it was. */
function waveStatusOf({ wave, refusal, observed }: Picture): DistributionJobStatus['wave'] {
  if (refusal) return observed.job.status?.wave
  if (!wave) return undefined
  const { name, size, finished, soakUntil } = wave
  const soaks = soakUntil !== undefined && soakUntil > observed.now
  return { name, size, finished, ...(soaks ? { soakUntil: formatTime(soakUntil) } : {}) }
}

type NamedNodes = NonNullable<DistributionJobStatus['failedNodes']>

const failedOf = (views: readonly NodeView[]): NamedNodes => named(views, 'failed')
const skippedOf = (views: readonly NodeView[]): NamedNodes => named(views, 'skipped')

const named = (views: readonly NodeView[], outcome: NodeView['outcome']): NamedNodes =>
  views
    .filter((one) => one.outcome === outcome)
    .sort((a, b) => a.node.localeCompare(b.node))
    .slice(0, 20)
    .map(({ node, reason, message }) => ({ node, reason, message: shortenMessage(message) }))

const slowestOf = (views: readonly NodeView[]): NonNullable<DistributionJobStatus['slowestNodes']> =>
  views
    .filter((one) => one.outcome === 'active')
    .sort((a, b) => a.progressPercent - b.progressPercent || a.node.localeCompare(b.node))
    .slice(0, 5)
    .map(({ node, progressPercent, reason }) => ({ node, progressPercent, ...(reason ? { reason } : {}) }))
