// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { DistributionJob, P2PProfile, PatchArtifact } from '@patchswarm/api'
import { readManifests } from '../cluster/index.ts'
import { inRepository } from '../repository.ts'

/** The three wishes of examples/01. */
export interface Wishes {
  profile: P2PProfile
  artifact: PatchArtifact
  job: DistributionJob
}

/** What a lab changes in the example: the addresses of its network, and the real file. */
export interface LabChanges {
  cidr: string
  mdns: boolean
  file: { url: string; fileName: string; sha256: string; size: number }
}

export async function readExample(): Promise<Wishes> {
  const objects = await readManifests(inRepository('examples', '01-one-file-to-all-nodes.yaml'))
  const one = (kind: string) => objects.find((object) => object.kind === kind) as unknown
  return {
    profile: one('P2PProfile') as P2PProfile,
    artifact: one('PatchArtifact') as PatchArtifact,
    job: one('DistributionJob') as DistributionJob,
  }
}

/** The example with the lab's addresses and file in it; names follow the file's. */
export function adaptExample({ profile, artifact, job }: Wishes, { cidr, mdns, file }: LabChanges): Wishes {
  const name = objectName(file.fileName)
  return {
    profile: {
      ...profile,
      spec: {
        ...profile.spec,
        transport: { ...profile.spec.transport, allowedCIDRs: [cidr] },
        // All nodes share one loopback interface, where each must listen on an address of its own.
        admin: { ...profile.spec.admin, bindAddress: 'NodeIP' },
        discovery: { ...profile.spec.discovery, mdns },
        // The lab's origin may be on the loopback interface, which is refused unless it is named.
        origin: { ...profile.spec.origin, allowedDomains: [new URL(file.url).hostname] },
      },
    },
    artifact: {
      ...artifact,
      metadata: { ...artifact.metadata, name },
      spec: {
        ...artifact.spec,
        sources: [{ http: { url: file.url } }],
        digest: `sha256:${file.sha256}`,
        size: file.size,
        fileName: file.fileName,
      },
    },
    job: {
      ...job,
      metadata: { ...job.metadata, name },
      spec: { ...job.spec, artifacts: [{ name }] },
    },
  }
}

/** A name that Kubernetes accepts: words of letters, digits and hyphens, joined by dots. */
export function objectName(fileName: string): string {
  const words = fileName
    .toLowerCase()
    .slice(0, 50)
    .split('.')
    .map((word) => word.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, ''))
  return words.filter((word) => word !== '').join('.') || 'file'
}
