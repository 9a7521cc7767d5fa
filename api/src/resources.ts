// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { DistributionJob } from './distribution-job.gen.ts'
import type { ObjectMeta } from './metadata.ts'
import { apiVersion } from './names.ts'
import type { NodeDistribution } from './node-distribution.gen.ts'
import type { P2PProfile } from './p2p-profile.gen.ts'
import type { PatchArtifact } from './patch-artifact.gen.ts'

/** Where a kind lives in the API; has the shape of kube's Resource. */
export interface ApiResource<T extends { metadata: ObjectMeta }> {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Only for inference. */
  readonly type?: T
}

export const p2pProfiles: ApiResource<P2PProfile> = {
  apiVersion,
  kind: 'P2PProfile',
  plural: 'p2pprofiles',
  namespaced: false,
}

export const patchArtifacts: ApiResource<PatchArtifact> = {
  apiVersion,
  kind: 'PatchArtifact',
  plural: 'patchartifacts',
  namespaced: true,
}

export const distributionJobs: ApiResource<DistributionJob> = {
  apiVersion,
  kind: 'DistributionJob',
  plural: 'distributionjobs',
  namespaced: true,
}

export const nodeDistributions: ApiResource<NodeDistribution> = {
  apiVersion,
  kind: 'NodeDistribution',
  plural: 'nodedistributions',
  namespaced: true,
}
