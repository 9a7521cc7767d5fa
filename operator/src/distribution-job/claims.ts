// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob, NodeDistribution, PatchArtifact } from '@patchswarm/api'
import { isOver } from '../job-state.ts'
import { isFinished, isRefused, jobUidOf } from '../node-progress.ts'
import { fileOf, isSameFile, type PathFile, pathsOf } from './paths.ts'
import { mayRetry } from './retry.ts'

/** Another job's hold on a path that this job means, too, on one node. */
export interface Claim {
  readonly node: string
  readonly path: string
  /** Whose it is. */
  readonly namespace: string
  readonly job: string
  /** It is about to bring its file: whoever may take over waits for that, and not for a further try that may never be made. */
  readonly atWork: boolean
  /** It brings what this job brings. */
  readonly same: boolean
}

/** Every job and row of the cluster, and artifacts by name. */
export interface Cluster {
  readonly jobs: readonly DistributionJob[]
  readonly rows: readonly NodeDistribution[]
  artifact(name: string, namespace: string | undefined): PatchArtifact | undefined
}

/**
 * The claims of other jobs on paths of this one. A row claims its paths from its beginning until it or its job is
 * deleted, or it has failed for good.
 */
export function claimsOf(
  job: DistributionJob,
  artifacts: readonly (PatchArtifact | undefined)[],
  cluster: Cluster,
): Claim[] {
  const mine = pathsOf(job, artifacts)
  const rivals = rivalsOf(job, cluster)
  if (rivals.size === 0) return []
  return cluster.rows.flatMap((row) => {
    const rival = rivals.get(jobUidOf(row) ?? '')
    const hold = rival && holdOf(row, rival.job)
    if (!hold) return []
    const files = hold === 'delivered' ? filesOf(row, rival.job) : rival.files
    return [...files].flatMap(([path, file]): Claim[] => {
      const own = mine.get(path)
      if (!own) return []
      const { name, namespace = '' } = rival.job.metadata
      const atWork = hold === 'atWork'
      return [{ node: row.spec.nodeName, path, namespace, job: name, atWork, same: isSameFile(own, file) }]
    })
  })
}

interface Rival {
  readonly job: DistributionJob
  readonly files: ReadonlyMap<string, PathFile>
}

/** By UID: other jobs that write into the same directory. Only they can mean the same path. */
function rivalsOf(mine: DistributionJob, { jobs, artifact }: Cluster): Map<string, Rival> {
  const rivals = jobs.filter(
    ({ metadata, spec }) =>
      metadata.uid !== mine.metadata.uid &&
      !metadata.deletionTimestamp &&
      spec.delivery.directory === mine.spec.delivery.directory,
  )
  return new Map(
    rivals.map((job) => {
      const artifacts = job.spec.artifacts.map(({ name }) => artifact(name, job.metadata.namespace))
      return [job.metadata.uid ?? '', { job, files: pathsOf(job, artifacts) }]
    }),
  )
}

function holdOf(row: NodeDistribution, job: DistributionJob): 'delivered' | 'atWork' | 'failed' | undefined {
  if (row.status?.state === 'Delivered') return 'delivered'
  if (isOver(job) || isRefused(row)) return undefined
  if (!isFinished(row)) return 'atWork'
  return mayRetry(row, job.spec.rollout) ? 'failed' : undefined
}

/** As the node has reported them: the artifact may be gone by now. */
const filesOf = ({ status }: NodeDistribution, { spec }: DistributionJob): ReadonlyMap<string, PathFile> =>
  new Map((status?.files ?? []).map(({ path, sha256 }) => [path, fileOf(spec.delivery, `sha256:${sha256}`)]))
