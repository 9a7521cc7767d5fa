// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { distributionJobs, nodeDistributions, p2pProfiles, patchArtifacts } from '@patchswarm/api'
import {
  collectionPath,
  type KubeClient,
  KubeError,
  type KubeObject,
  objectPath,
  type Resource,
} from '@patchswarm/kube'

export type Kind = 'P2PProfile' | 'PatchArtifact' | 'DistributionJob' | 'NodeDistribution'

export const resources: Record<Kind, Resource<KubeObject>> = {
  P2PProfile: p2pProfiles,
  PatchArtifact: patchArtifacts,
  DistributionJob: distributionJobs,
  NodeDistribution: nodeDistributions,
}
export const kinds = Object.keys(resources) as Kind[]

/** The API server's own words for what is wrong, without the object they are about; "accepted" when nothing is. */
export async function verdict(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'accepted'
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    return error.message.replace(/^.*? is invalid: /s, '').replace(/^\[(.*)\]$/s, '$1')
  }
}

/** Writes an object as kubectl does, unknown fields refused; `dryRun` keeps nothing. */
export function create<T = unknown>(
  client: KubeClient,
  namespace: string,
  object: { kind: Kind },
  { dryRun = false } = {},
): Promise<T> {
  const query = dryRun ? '&dryRun=All' : ''
  const path = collectionPath(resources[object.kind], namespace)
  return client.request('POST', `${path}?fieldValidation=Strict${query}`, object)
}

/** What the API server says to a change of a spec, which it does not keep. */
export function changeVerdict(
  client: KubeClient,
  namespace: string,
  { kind, name }: { kind: Kind; name: string },
  spec: object,
): Promise<string> {
  const path = `${objectPath(resources[kind], name, namespace)}?dryRun=All`
  return verdict(client.request('PATCH', path, { spec }, { contentType: 'application/merge-patch+json' }))
}
