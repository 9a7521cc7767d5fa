// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob, NodeDistribution, P2PProfile, PatchArtifact } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import type { NamespaceView } from '../admission.ts'
import type { NodeProgress } from '../node-progress.ts'
import type { Rival } from '../p2p-profile/territory.ts'
import type { Claim } from './claims.ts'

/** All that one decision about a job rests on. */
export interface Observed {
  job: DistributionJob
  /** In the order of the spec; undefined where there is none of that name. */
  artifacts: readonly (PatchArtifact | undefined)[]
  /** The profile that the first artifact names. */
  profile: P2PProfile | undefined
  /** Older profiles that have nodes which the profile matches, too. */
  rivals: readonly Rival[]
  namespace: NamespaceView | undefined
  operatorNamespace: string
  nodes: readonly Node[]
  /** Those that this very job owns. */
  nodeDistributions: readonly NodeDistribution[]
  /** Nodes whose agent of the profile is connected. */
  connected: ReadonlySet<string>
  /** Since when the agents of others that are not done have been away, as far as this leader knows: milliseconds since the epoch, by node. */
  awaySince: ReadonlyMap<string, number>
  /** Of the connected ones, those whose agent cannot do what the job asks: why, as a sentence without its end. */
  tooOld: ReadonlyMap<string, string>
  /** Of these, those where that one is about to be replaced. */
  agentsRoll: ReadonlySet<string>
  /** Last reports, by name of the NodeDistribution. */
  live: ReadonlyMap<string, NodeProgress>
  /** What other jobs hold or bring under paths of this one, by node. */
  claims: ReadonlyMap<string, readonly Claim[]>
  /** Nodes that another job, which replaces this one, has or will have: its name by node. */
  replacers: ReadonlyMap<string, string>
  /** Names of the rows whose delivered files are gone or others. */
  changed: ReadonlySet<string>
  /** For how long each node at work has got nothing done although it could, by name of the NodeDistribution. */
  idleMs: ReadonlyMap<string, number>
  /** Agents report this often. */
  reportIntervalMs: number
  now: Date
}
