// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type NodeDistribution, type NodeDistributionStatus, shortenMessage } from '@patchswarm/api'
import { formatRate, percentOf } from '../human.ts'
import { isFinished, type NodeProgress } from '../node-progress.ts'
import { rowConditions } from '../row-conditions.ts'

/** What the NodeDistribution says about this progress. Once it is over it says so for good. */
export function statusOf(
  object: NodeDistribution,
  progress: NodeProgress,
  now: Date,
): NodeDistributionStatus {
  if (isFinished(object)) return object.status ?? {}
  const { attempt, retries, retryToken } = object.status ?? {}
  const { state, bytes, bytesTotal, peers, files } = progress
  return {
    ...wordsOf(object, progress, now),
    ...timesOf(object, progress, now),
    ...(attempt === undefined ? {} : { attempt }),
    ...(retries === undefined ? {} : { retries }),
    ...(retryToken === undefined ? {} : { retryToken }),
    progressPercent: state === 'Delivered' ? 100 : Math.min(99, percentOf(progress.bytesDone, bytesTotal)),
    rate: formatRate(isDone(progress) ? averageRate(progress) : progress.rate),
    peers,
    bytes: { ...bytes, total: bytesTotal },
    files: files.map(({ path, sha256 }) => ({ path, sha256 })),
  }
}

function wordsOf(object: NodeDistribution, progress: NodeProgress, now: Date): NodeDistributionStatus {
  const { state } = progress
  const reason = progress.reason || state
  const message = shortenMessage(progress.message || sentences[state])
  const said = { state, reason, message }
  return {
    ...said,
    observedGeneration: object.metadata.generation ?? 0,
    conditions: rowConditions(object, said, now),
  }
}

/** To the millisecond, as the node itself has measured: what a node took is of interest below a second. */
function timesOf(object: NodeDistribution, progress: NodeProgress, now: Date): NodeDistributionStatus {
  const startedAt = progress.startedAt || (progress.state === 'Waiting' ? 0 : now.getTime())
  const startTime = object.status?.startTime ?? (startedAt > 0 ? iso(startedAt) : undefined)
  return {
    ...(startTime ? { startTime } : {}),
    ...(isDone(progress) ? { completionTime: iso(progress.finishedAt || now.getTime()) } : {}),
  }
}

const sentences: Readonly<Record<NodeProgress['state'], string>> = {
  Waiting: 'The node has not begun.',
  Fetching: 'Chunks come in.',
  Verifying: 'The whole file is hashed and put under its name.',
  Delivered: 'The files lie verified under their names.',
  Failed: 'The node could not deliver.',
}

const isDone = ({ state }: NodeProgress): boolean => state === 'Delivered' || state === 'Failed'

/** What a finished node shows: bytes that moved over the time from its start to its end. */
function averageRate({ bytes, startedAt, finishedAt }: NodeProgress): number {
  const seconds = (finishedAt - startedAt) / 1000
  return startedAt > 0 && seconds > 0 ? (bytes.origin + bytes.peers) / seconds : 0
}

const iso = (ms: number): string => new Date(ms).toISOString()
