// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  isConditionTrue,
  type NodeDistribution,
  type P2PProfile,
  type PatchArtifact,
} from '@patchswarm/api'
import { isPaused } from '../job-state.ts'
import type { NodeProgress } from '../node-progress.ts'
import type { Sight } from './stall-clock.ts'

/** What the sight of one node rests on. */
export interface Seen {
  readonly object: NodeDistribution
  /** Of its agent's last report; undefined while that is not known. */
  readonly progress: NodeProgress | undefined
  readonly connected: boolean
  /** The job does not wait for the node now. */
  readonly absent: boolean
}

/** Whether the nodes of a job can go on at all: a file that is still read may not be there for anybody. */
export const mayGoOn = (
  job: DistributionJob,
  profile: P2PProfile | undefined,
  artifacts: readonly (PatchArtifact | undefined)[],
  now: Date,
): boolean =>
  !isPaused(job, now) &&
  profile?.spec.enabled === true &&
  !profile.metadata.deletionTimestamp &&
  artifacts.every((one) => isConditionTrue(one?.status?.conditions, 'Ready'))

export function sightOf(seen: Seen, goesOn: boolean): Sight {
  const { object, progress } = seen
  const attempt = object.status?.attempt ?? 1
  const done = (progress?.bytesDone ?? 0) + (progress?.bytesChecked ?? 0)
  return { attempt, done, able: goesOn && isAble(seen) }
}

/** An agent that is away, or does not take the work up, is as stuck as one to which nothing comes from peers that have it. */
function isAble({ progress, connected, absent }: Seen): boolean {
  if (absent) return false
  if (!connected || !progress) return true
  return progress.state === 'Verifying' || progress.usefulPeers > 0
}
