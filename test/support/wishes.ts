// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import {
  type DistributionJob,
  distributionJobs,
  operatorNamespace,
  type P2PProfile,
  type PatchArtifact,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import type { Lab } from '../../lab/src/lab.ts'
import { createAfresh } from './afresh.ts'
import type { Served } from './test-lab.ts'

/** A profile for nodes that share one loopback interface: each listens on its own address. */
export async function createProfile(
  lab: Lab,
  name: string,
  spec: { origin?: object; [field: string]: unknown } = {},
): Promise<P2PProfile> {
  const { cidr, multicast, hostAddress } = lab.network
  const { origin, ...others } = spec
  const object = {
    metadata: { name },
    spec: {
      transport: { allowedCIDRs: [cidr] },
      admin: { bindAddress: 'NodeIP' },
      discovery: { mdns: multicast },
      delivery: { allowedRoots: [{ path: '/opt/patches' }] },
      // Where the lab's origins are.
      origin: { allowedDomains: [hostAddress], ...origin },
      ...others,
    },
  }
  return await createAfresh(lab.cluster.client.for(p2pProfiles), object as unknown as P2PProfile)
}

/** The file as an artifact of the profile "default", unless the spec says otherwise. */
export async function createArtifact(
  lab: Lab,
  name: string,
  file: Served,
  spec: object = {},
  namespace = operatorNamespace,
): Promise<PatchArtifact> {
  const object = {
    metadata: { name, namespace },
    spec: {
      profile: 'default',
      sources: [{ http: { url: file.url } }],
      digest: `sha256:${file.sha256}`,
      ...spec,
    },
  }
  return await createAfresh(lab.cluster.client.for(patchArtifacts), object as unknown as PatchArtifact)
}

/** A job that brings the artifacts of these names below /opt/patches, into a folder of the job's own. */
export async function createJob(
  lab: Lab,
  name: string,
  artifacts: readonly string[],
  spec: object = {},
  namespace = operatorNamespace,
): Promise<DistributionJob> {
  const object = {
    metadata: { name, namespace },
    spec: {
      artifacts: artifacts.map((artifact) => ({ name: artifact })),
      delivery: { directory: `/opt/patches/${name}` },
      ...spec,
    },
  }
  return await createAfresh(lab.cluster.client.for(distributionJobs), object as unknown as DistributionJob)
}

export const suspend = (lab: Lab, job: string, value: boolean): Promise<DistributionJob> =>
  lab.cluster.client.for(distributionJobs).patch(job, operatorNamespace, { spec: { suspend: value } })
