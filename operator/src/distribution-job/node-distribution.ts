// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  apiVersion,
  type DistributionJob,
  labels,
  type NodeDistribution,
  nodeDistributionName,
} from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import type { Refusal } from './footing.ts'

/** The object that stands for this job on this node; the name is a function of both, so making it twice is harmless. */
export function nodeDistributionFor(
  job: DistributionJob,
  profile: string,
  node: Node,
  wave?: string,
  refusal?: Refusal,
): NodeDistribution {
  const { name, namespace = '', uid = '' } = job.metadata
  const { name: nodeName, uid: nodeUID } = node.metadata
  const { retryToken } = job.spec.rollout
  return {
    apiVersion,
    kind: 'NodeDistribution',
    metadata: {
      name: nodeDistributionName({ name, uid }, nodeName),
      namespace,
      labels: { [labels.job]: name, [labels.profile]: profile },
      ownerReferences: [
        {
          apiVersion,
          kind: 'DistributionJob',
          name,
          uid,
          controller: true,
        },
      ],
    },
    spec: {
      nodeName,
      ...(nodeUID ? { nodeUID } : {}),
      job: name,
      artifacts: job.spec.artifacts.map((one) => ({ name: one.name })),
      ...(wave ? { wave } : {}),
      ...(refusal ? { refusal } : {}),
      ...(retryToken ? { retryToken } : {}),
    },
  }
}
