// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { operatorNamespace, operatorServiceAccount } from '@patchswarm/api'
import type { KubeClient, KubeObject, Resource } from '@patchswarm/kube'
import { vi } from 'vitest'
import { readManifests } from '../../../../lab/src/cluster/manifests.ts'

const rbac = (kind: string, plural: string): Resource<KubeObject> => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  plural,
  namespaced: false,
})
const resources = [
  rbac('ClusterRole', 'clusterroles'),
  rbac('ClusterRoleBinding', 'clusterrolebindings'),
] as const

/** What deploy/rbac-hand-over.yaml gives, for these nodes alone: others share the cluster. Until it is disposed of. */
export async function letPatchNodes(client: KubeClient, nodes: readonly string[]): Promise<AsyncDisposable> {
  const path = new URL('../../../../deploy/rbac-hand-over.yaml', import.meta.url).pathname
  const objects = (await readManifests(path)) as (KubeObject & { rules?: object[] })[]
  const resourceOf = ({ kind }: KubeObject) => resources.find((one) => one.kind === kind) ?? resources[0]
  for (const object of objects) {
    const rules = object.rules?.map((rule) => ({ ...rule, resourceNames: nodes }))
    await client.for(resourceOf(object)).apply({ ...object, ...(rules && { rules }) })
  }
  await untilAllowed(client, nodes, true)
  return {
    async [Symbol.asyncDispose]() {
      for (const object of objects) await client.for(resourceOf(object)).delete(object.metadata.name)
      await untilAllowed(client, nodes, false)
    },
  }
}

/** The API server learns of roles by watching them, too. */
const untilAllowed = (client: KubeClient, nodes: readonly string[], allowed: boolean): Promise<void> =>
  vi.waitFor(async () => {
    for (const name of nodes) {
      const review = await client.request<{ status: { allowed: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: `system:serviceaccount:${operatorNamespace}:${operatorServiceAccount}`,
            resourceAttributes: { verb: 'patch', resource: 'nodes', name },
          },
        },
      )
      if (review.status.allowed !== allowed) throw new Error(`patching ${name}: ${review.status.allowed}`)
    }
  }, 20_000)
