// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { P2PProfile, PatchArtifact } from '@patchswarm/api'
import { readManifests } from '../../../lab/src/cluster/index.ts'
import { inRepository } from '../../../lab/src/repository.ts'
import type { TestCluster } from '../providers/provider.ts'
import { type Bystanders, digestOf, type OriginFile, urlOf } from './bystanders.ts'

/** Applies an example as it is, but for where its bytes come from: no cluster of a test may need the internet. */
export async function applyExample(
  cluster: TestCluster,
  bystanders: Bystanders,
  example: string,
  files: Readonly<Record<string, OriginFile>>,
): Promise<void> {
  const items = await readManifests(inRepository('examples', `${example}.yaml`))
  for (const object of items) {
    if (object.kind === 'P2PProfile') {
      const { spec } = object as unknown as P2PProfile
      spec.origin = { ...spec.origin, allowedDomains: [...bystanders.originDomains] }
    }
    if (object.kind === 'PatchArtifact') {
      const file = files[object.metadata.name]
      if (!file) throw new RangeError(`no file for the artifact ${object.metadata.name}`)
      const { spec } = object as unknown as PatchArtifact
      spec.sources = [{ http: { url: urlOf(file) } }]
      spec.digest = `sha256:${digestOf(file)}`
    }
  }
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
}
