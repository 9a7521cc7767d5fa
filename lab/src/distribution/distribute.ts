// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { distributionJobs, operatorNamespace, p2pProfiles, patchArtifacts } from '@patchswarm/api'
import { systemClock } from '@patchswarm/kube'
import type { Lab } from '../lab.ts'
import { type Origin, startOrigin } from '../origin/index.ts'
import { followAgents } from './agent-state.ts'
import { countWrites, readAuditLog } from './audit-log.ts'
import { adaptExample, readExample, type Wishes } from './example.ts'
import { type InputFile, sha256Of } from './input-file.ts'
import { isTrue, type Observation, observeJob } from './observe.ts'
import { describeProgress, type Progress } from './progress.ts'
import { type LabResult, type NodeResult, summarize } from './result.ts'

export interface DistributeOptions {
  input: InputFile
  originBytesPerSecond: number
  /** After this time the result says what is there. */
  timeoutMs: number
  signal: AbortSignal
  /** Called a few times a second. */
  onProgress?: (progress: Progress, elapsedMs: number) => void
  /** Once the objects are applied: a test may now do harm. */
  onApplied?: (wishes: Wishes, origin: Origin) => void
}

const PROGRESS_MS = 400

/** Serves the file, applies examples/01 with it, follows the job to its end and measures. */
export async function distribute(lab: Lab, options: DistributeOptions): Promise<LabResult> {
  const { input, signal } = options
  const origin = await startOrigin({
    file: input.path,
    fileName: input.fileName,
    etag: input.sha256,
    address: lab.network.hostAddress,
    bytesPerSecond: options.originBytesPerSecond,
  })
  const watching = new AbortController()
  try {
    const wishes = adaptExample(await readExample(), {
      cidr: lab.network.cidr,
      mdns: lab.network.multicast,
      file: { ...input, url: origin.url },
    })
    const observed = observeJob(
      lab.cluster.client,
      wishes.job.metadata.name,
      operatorNamespace,
      lab.cluster.log,
      AbortSignal.any([watching.signal, signal]),
    )
    await lab.cluster.client.for(p2pProfiles).apply(wishes.profile, signal)
    await lab.cluster.client.for(patchArtifacts).apply(wishes.artifact, signal)
    const created = { date: systemClock.date(), at: performance.now() }
    await lab.cluster.client.for(distributionJobs).apply(wishes.job, signal)
    options.onApplied?.(wishes, origin)
    await untilFinished(lab, observed, options, created.at)
    return await measure(lab, observed, { ...options, origin, wishes, created })
  } finally {
    watching.abort()
    await origin.stop()
  }
}

async function untilFinished(
  lab: Lab,
  observed: Observation,
  options: DistributeOptions,
  createdAt: number,
): Promise<void> {
  const deadline = createdAt + options.timeoutMs
  const watching = new AbortController()
  const agents = followAgents(lab, options.input.sha256, AbortSignal.any([watching.signal, options.signal]))
  try {
    while (performance.now() < deadline) {
      options.signal.throwIfAborted()
      const finished = isFinished(observed)
      options.onProgress?.(describeProgress(lab.nodeNames, observed, agents), performance.now() - createdAt)
      if (finished) return
      await sleep(PROGRESS_MS, undefined, { signal: options.signal })
    }
  } finally {
    watching.abort()
  }
}

function isFinished({ job }: Observation): boolean {
  const conditions = job?.status?.conditions
  return isTrue(conditions, 'Complete') || isTrue(conditions, 'Failed')
}

interface Finished extends DistributeOptions {
  origin: Origin
  wishes: Wishes
  created: { date: Date; at: number }
}

async function measure(lab: Lab, observed: Observation, finished: Finished): Promise<LabResult> {
  const { input, origin, wishes, created } = finished
  // Before the files are read again for their digests, which takes a while.
  const counted = { ...origin.counters }
  const now = performance.now()
  const nodeOf = new Map(
    [...observed.nodes.values()].map(({ metadata, spec }) => [metadata.name, spec.nodeName]),
  )
  const status = observed.artifact?.status
  return summarize({
    artifact: {
      name: wishes.artifact.metadata.name,
      sha256: input.sha256,
      cid: status?.cid ?? '',
      size: input.size,
      chunks: status?.chunks ?? 0,
    },
    nodes: await Promise.all(lab.nodeNames.map((name) => measureNode(lab, name, observed, finished, now))),
    origin: counted,
    originBytesPerSecond: finished.originBytesPerSecond,
    ingestSeconds: Math.max(0, (observed.ingestedAt ?? now) - created.at) / 1000,
    apiWrites: countWrites(
      await readAuditLog(lab.cluster.auditLog),
      { userPrefix: `system:serviceaccount:${operatorNamespace}:patchswarm-`, since: created.date.getTime() },
      (name) => nodeOf.get(name),
    ),
    conditions: observed.job?.status?.conditions ?? [],
  })
}

async function measureNode(
  lab: Lab,
  name: string,
  observed: Observation,
  { input, wishes, created }: Finished,
  now: number,
): Promise<NodeResult> {
  const status = observed.nodes.get(name)?.status
  const path = join(lab.node(name).root, wishes.job.spec.delivery.directory ?? '', input.fileName)
  return {
    name,
    seconds: ((observed.deliveredAt.get(name) ?? now) - created.at) / 1000,
    complete: status?.state === 'Delivered',
    sha256: await sha256Of(path).catch(() => ''),
    bytesFromOrigin: status?.bytes?.origin ?? 0,
    bytesFromPeers: status?.bytes?.peers ?? 0,
    bytesFromCache: status?.bytes?.cache ?? 0,
  }
}
